import { createHash } from 'node:crypto';

import { ArrayPixels } from '../../src/pixels';

/** Return a picture of no meaning, whose values Python computed by the same formula for the digests in these tests. */
export function makePattern(width: number, height: number): ArrayPixels {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height * 3; i++) {
    rgba[Math.floor(i / 3) * 4 + (i % 3)] = (i * i * 7 + i * 131 + Math.floor(i / 8) * 29) % 256;
  }
  return new ArrayPixels(width, height, rgba);
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
