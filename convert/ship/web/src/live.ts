/** The live loop: the newest frame to the worker, its scores to one steady verdict. */

import { FrameClock } from './camera';
import type { Client } from './client';
import type { Contract } from './contract';
import type { CheckedFrame } from './messages';
import { Smoother, type Smoothed } from './smoothing';

export const BUDGET_MS = 20; // of a frame's tiles: with what else a frame costs, 30 frames a second
const SHARE = 0.1; // of the latest interval in the mean one

/** What the camera sees now. */
export interface LiveVerdict extends Smoothed {
  readonly frame: CheckedFrame;
  readonly width: number; // px, of the frame
  readonly height: number;
  readonly fps: number; // checked frames a second
}

/** Checks what a playing video shows, until it is stopped; frames that come meanwhile are left out. */
export class LiveLoop {
  private readonly clock: FrameClock;
  private stopped = false;

  constructor(
    private readonly client: Client,
    private readonly video: HTMLVideoElement,
    private readonly contract: Contract,
    private readonly show: (verdict: LiveVerdict) => void,
  ) {
    this.clock = new FrameClock(video);
  }

  /** Run until `stop`; an error of the worker ends it. */
  async run(): Promise<void> {
    const smoother = new Smoother(this.contract.decision);
    let last = 0, interval = 0; // ms
    while (await this.clock.take()) {
      const bitmap = await createImageBitmap(this.video);
      const { width, height } = bitmap;
      const frame = await this.client.ask('frame', { bitmap, budgetMs: BUDGET_MS }, [bitmap]);
      if (this.stopped) return;
      const now = performance.now();
      if (last) interval += (interval ? SHARE : 1) * (now - last - interval);
      last = now;
      const fps = interval ? 1000 / interval : 0;
      const smoothed = smoother.add(frame.pFake, now / 1000);
      // The score is kept in mind, but nothing is said of a frame in which there is nothing to see.
      const label = frame.reason ? 'unsure' : smoothed.label;
      this.show({ ...smoothed, label, frame, width, height, fps });
    }
  }

  stop(): void {
    this.stopped = true;
    this.clock.stop();
  }
}
