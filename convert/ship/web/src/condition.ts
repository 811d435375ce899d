/** Is there anything left to see in a picture? The rule of fakelens.edge_runtime.detection.condition. */

import type { ConditionLimits, FitSpec } from './contract';
import type { PixelSource } from './pixels';
import { placeTiles, type Place } from './tiles';

export type Reason = 'small' | 'flat' | 'compressed' | 'enlarged';

export const REASONS: Readonly<Record<Reason, string>> = {
  small: 'The picture is too small to judge.',
  flat: 'The picture is too flat to judge: it has hardly any texture.',
  compressed: 'The picture is compressed into blocks: nothing is left to see.',
  enlarged: 'The picture is enlarged beyond its resolution: nothing is left to see.',
};

/** What is left of a picture's fine structure; null where a picture is too small or too flat to tell. */
export interface Condition {
  readonly side: number; // px, the shorter one
  readonly texture: number; // mean absolute step to the next pixel, grey levels
  readonly sharpness: number | null; // that over the mean step to the pixel after the next
  readonly blocking: number | null; // mean step across the borders of 8-px blocks over that elsewhere
}

const WINDOWS: FitSpec = { size: 96, fit: 'tiles', tiles: 16, pool: 'mean' };
const BLOCK = 8; // px, of JPEG
const LEAST_STEP = 1 / 64; // grey levels: blocks may be flat inside

/**
 * Return the condition of an upright picture, from at most 16 windows of 96 px of it, cut off at its edges. A block
 * border lies before every eighth column, and row, of the picture; since pictures are cropped, the phase of the
 * eight whose steps are the largest is taken, the lowest of equals.
 */
export function measureCondition(source: PixelSource): Condition {
  const steps = new Steps();
  const width = Math.min(WINDOWS.size, source.width), height = Math.min(WINDOWS.size, source.height);
  for (const place of placeTiles(source.width, source.height, WINDOWS)) {
    steps.add(toLuma(source.read(place.left, place.top, width, height), 4), width, place);
  }
  return steps.conclude(Math.min(source.width, source.height));
}

/** Return the first reason why there is nothing left to see; undefined where there is something. */
export function findReason(condition: Condition, limits: ConditionLimits | null | undefined): Reason | undefined {
  if (!limits) return undefined;
  const isBelow = (value: number | null, limit: number | null | undefined) =>
    value !== null && limit !== null && limit !== undefined && value < limit;
  if (isBelow(condition.side, limits.least_side)) return 'small';
  if (isBelow(condition.texture, limits.least_texture)) return 'flat';
  const most = limits.most_blocking ?? Infinity;
  if (condition.blocking !== null && condition.blocking >= most) return 'compressed';
  return isBelow(condition.sharpness, limits.least_sharpness) ? 'enlarged' : undefined;
}

/** Return luma in whole grey levels, as Pillow rounds it, from pixels of `channels` bytes, RGB first. */
export function toLuma(pixels: Uint8Array | Uint8ClampedArray, channels: number): Uint8Array {
  const luma = new Uint8Array(pixels.length / channels);
  for (let at = 0, from = 0; at < luma.length; at++, from += channels) {
    luma[at] = (19595 * pixels[from]! + 38470 * pixels[from + 1]! + 7471 * pixels[from + 2]! + 0x8000) >> 16;
  }
  return luma;
}

/** Return the mean absolute step from a pixel to its right and lower neighbours. */
export function measureTexture(luma: Uint8Array, width: number): number {
  let sum = 0, count = 0;
  for (let at = 0; at < luma.length; at++) {
    if ((at % width) + 1 < width) {
      sum += Math.abs(luma[at + 1]! - luma[at]!);
      count += 1;
    }
    if (at + width < luma.length) {
      sum += Math.abs(luma[at + width]! - luma[at]!);
      count += 1;
    }
  }
  return divide(sum, count) ?? 0;
}

/** Sums and numbers of steps over one and two pixels, the former by their phase across and down. */
class Steps {
  private readonly sums = [new Float64Array(BLOCK), new Float64Array(BLOCK)] as const;
  private readonly counts = [new Float64Array(BLOCK), new Float64Array(BLOCK)] as const;
  private farSum = 0;
  private farCount = 0;

  add(luma: Uint8Array, width: number, place: Place): void {
    for (let at = 0; at < luma.length; at++) {
      const x = at % width, y = Math.floor(at / width);
      if (x + 1 < width) this.addNear(0, place.left + x + 1, luma[at + 1]! - luma[at]!);
      if (at + width < luma.length) this.addNear(1, place.top + y + 1, luma[at + width]! - luma[at]!);
      if (x + 2 < width) this.addFar(luma[at + 2]! - luma[at]!);
      if (at + 2 * width < luma.length) this.addFar(luma[at + 2 * width]! - luma[at]!);
    }
  }

  conclude(side: number): Condition {
    const texture = divide(total(this.sums), total(this.counts)) ?? 0;
    const far = divide(this.farSum, this.farCount);
    return { side, texture, sharpness: far ? texture / far : null, blocking: this.compareBorders() };
  }

  private addNear(direction: 0 | 1, position: number, step: number): void {
    this.sums[direction][position % BLOCK]! += Math.abs(step);
    this.counts[direction][position % BLOCK]! += 1;
  }

  private addFar(step: number): void {
    this.farSum += Math.abs(step);
    this.farCount += 1;
  }

  private compareBorders(): number | null {
    let borderSum = 0, borderCount = 0;
    for (const direction of [0, 1] as const) {
      const sums = this.sums[direction], counts = this.counts[direction];
      const means = Array.from(sums, (sum, phase) => divide(sum, counts[phase]!) ?? 0);
      const at = means.indexOf(Math.max(...means));
      borderSum += sums[at]!;
      borderCount += counts[at]!;
    }
    const across = divide(borderSum, borderCount);
    const inside = divide(total(this.sums) - borderSum, total(this.counts) - borderCount);
    return across === null || inside === null ? null : across / Math.max(inside, LEAST_STEP);
  }
}

function total(parts: readonly Float64Array[]): number {
  return parts.reduce((sum, part) => part.reduce((inner, value) => inner + value, sum), 0);
}

function divide(sum: number, count: number): number | null {
  return count ? sum / count : null;
}
