/** From a score to an answer: REAL, FAKE or UNSURE; the rule of fakelens.edge_runtime.detection.verdict. */

import type { Contract, Decision } from './contract';
import type { Reason } from './condition';
import type { ViewScore } from './detector';
import type { Evidence } from './provenance/evidence';
import type { Region } from './tiles';

export type Label = 'real' | 'fake' | 'unsure';

export const TOO_REDUCED = 2; // times; beyond it, traces of a pixel or two are averaged away

/** What a model says of one picture. */
export interface Verdict {
  readonly label: Label;
  readonly pFake: number;
  readonly width: number; // px, of the upright picture
  readonly height: number;
  readonly reduction: number; // how many times it was scaled down, along its longer side
  readonly regions: readonly Region[]; // the tiles; empty where the model looks at the picture as a whole
  readonly views: readonly ViewScore[]; // empty where the model has one
  readonly reason: Reason | undefined; // why there is nothing left to see; the answer is UNSURE then
  readonly decodeMs: number;
  readonly modelMs: number; // preprocessing and inference
  readonly evidence: readonly Evidence[]; // what the file says of itself
  readonly pixelsLabel?: Label; // the pixels' answer, where the file's own statement decided instead
}

/** Return the answer for `pFake` by the contract's threshold and UNSURE band; UNSURE where there is a `reason`. */
export function decide(pFake: number, decision: Decision, reason?: Reason): Label {
  if (reason) return 'unsure';
  if (decision.unsure_low <= pFake && pFake <= decision.unsure_high) return 'unsure';
  return pFake >= decision.threshold ? 'fake' : 'real';
}

/** Return what to tell a person whose picture was scaled down far; nothing where it was not. */
export function warnOfReduction(contract: Contract, times: number): string {
  if (times <= TOO_REDUCED) return '';
  const { size } = contract.input;
  return (
    `This model sees a picture scaled to ${size} × ${size} px. Scaling this one down ${Math.round(times)} times ` +
    'erases most traces of generation, so do not lean on the verdict.'
  );
}
