/** What the page and its worker say to each other. */

import type { Reason } from './condition';
import type { Contract } from './contract';
import type { Region } from './tiles';
import type { Verdict } from './verdict';

/** The answer on one camera frame. */
export interface CheckedFrame {
  readonly pFake: number; // of this frame's tiles and the latest of the others
  readonly regions: readonly Region[];
  readonly reason: Reason | undefined; // why there is nothing left to see
  readonly checked: number; // tiles that this frame paid for
  readonly modelMs: number; // reading pixels, preprocessing and inference
}

/** What each request carries, and what its answer carries. */
export interface Calls {
  load: { ask: { base: string }; answer: Contract };
  check: { ask: { blob: Blob }; answer: Verdict };
  map: { ask: { most: number }; answer: readonly Region[] }; // of the picture checked last; [] once another came
  frame: { ask: { bitmap: ImageBitmap; budgetMs: number }; answer: CheckedFrame };
  time: { ask: { runs: number }; answer: { readonly callMs: number } }; // of the model alone, for the benchmark
}

export type Kind = keyof Calls;
export type Request = { [K in Kind]: { readonly id: number; readonly kind: K } & Calls[K]['ask'] }[Kind];
export type Reply =
  | { readonly id: number; readonly answer: Calls[Kind]['answer'] }
  | { readonly id: number; readonly error: string; readonly forPerson: boolean };
