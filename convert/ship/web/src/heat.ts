/** Where in a picture the model sees traces: tiles tinted orange for fake, blue for real. */

import type { Region } from './tiles';
import type { Label } from './verdict';

export const REAL_RGB = [0, 114, 178] as const;
export const FAKE_RGB = [230, 159, 0] as const;
const STRONGEST = 0.6; // opacity of the tint where P(fake) is 0 or 1; at 0.5 there is none
const CALM = 0.1; // the same in a picture that is not FAKE: single tiles of any photo look odd, which says nothing
const LONGEST = 512; // px of the map: the eye needs no more

/** A picture to lay over the photo, stretched to its size. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Return the tint of `regions` over a picture of `width` x `height` px; where several overlap, their mean. */
export function paintHeat(regions: readonly Region[], width: number, height: number, label: Label = 'fake'): HeatMap {
  const strongest = label === 'fake' ? STRONGEST : CALM;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const wide = Math.max(1, Math.round(width * scale)), high = Math.max(1, Math.round(height * scale));
  const strength = new Float32Array(wide * high), seen = new Uint16Array(wide * high);
  for (const { left, top, size, pFake } of regions) {
    const right = Math.min(wide, Math.round((left + size) * scale));
    const bottom = Math.min(high, Math.round((top + size) * scale));
    for (let y = Math.round(top * scale); y < bottom; y++) {
      for (let x = Math.round(left * scale); x < right; x++) {
        strength[y * wide + x]! += 2 * pFake - 1;
        seen[y * wide + x]! += 1;
      }
    }
  }
  const rgba = new Uint8ClampedArray(wide * high * 4);
  for (let at = 0; at < strength.length; at++) {
    const mean = strength[at]! / Math.max(1, seen[at]!);
    rgba.set(mean > 0 ? FAKE_RGB : REAL_RGB, at * 4);
    rgba[at * 4 + 3] = 255 * strongest * Math.abs(mean);
  }
  return { width: wide, height: high, rgba };
}
