/** From the scores of single frames to one steady verdict; the rule of fakelens.edge_runtime.live.smoothing. */

import type { Decision } from './contract';
import { decide, type Label } from './verdict';

export interface Smoothed {
  readonly label: Label;
  readonly pFake: number;
}

/** An exponential mean over time; REAL and FAKE are entered at the contract's borders and left beyond. */
export class Smoother {
  private latest: Smoothed | undefined;
  private time = 0; // s

  constructor(
    private readonly decision: Decision,
    private readonly seconds = 1, // what was seen that long ago counts 1/e; 0 for no smoothing
    private readonly margin = 0.05, // of P(fake), by which REAL and FAKE are left later than they were entered
  ) {}

  /** Take in the score of a frame at second `time` of its clock; return the smoothed verdict. */
  add(pFake: number, time: number): Smoothed {
    const last = this.latest;
    if (last) {
      const elapsed = Math.max(0, time - this.time);
      const share = this.seconds > 0 ? 1 - Math.exp(-elapsed / this.seconds) : 1;
      pFake = last.pFake + share * (pFake - last.pFake);
    }
    this.latest = { label: this.decide(pFake, last?.label), pFake };
    this.time = time;
    return this.latest;
  }

  private decide(pFake: number, last: Label | undefined): Label {
    const label = decide(pFake, this.decision);
    // UNSURE has no margin: a FAKE border near 1 could not be reached otherwise.
    if (!last || last === 'unsure' || this.seconds === 0) return label;
    const near = [-this.margin, this.margin].map((step) => Math.min(1, Math.max(0, pFake + step)));
    return near.some((score) => decide(score, this.decision) === last) ? last : label;
  }
}
