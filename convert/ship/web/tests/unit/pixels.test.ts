import { describe, expect, it } from 'vitest';

import { ArrayPixels, cutTile, layOverWhite } from '../../src/pixels';
import { digest, makePattern } from './pattern';

describe('a tile', () => {
  it('holds the pixels at its place', () => {
    const tile = cutTile(makePattern(9, 7), { left: 5, top: 3 }, 4);
    const whole = makePattern(9, 7).read(5, 3, 4, 4);
    expect([...tile]).toEqual([...whole].filter((_, at) => at % 4 !== 3));
  });

  it('is mirrored beyond the edge of a picture smaller than it, edge pixels repeated', () => {
    const tile = cutTile(makePattern(3, 2), { left: 0, top: 0 }, 8);
    const reds = Array.from({ length: 64 }, (_, at) => tile[at * 3]);
    const upper = [0, 200, 14, 14, 200, 0, 0, 200], lower = [239, 49, 241, 241, 49, 239, 239, 49];
    expect(reds).toEqual([upper, lower, lower, upper, upper, lower, lower, upper].flat());
  });
});

describe('transparency over white', () => {
  it('is rounded as Pillow does, for every grey and every alpha', () => {
    const rgba = new Uint8ClampedArray(65536 * 4);
    for (let at = 0; at < 65536; at++) rgba.set([at % 256, at % 256, at % 256, at >> 8], at * 4);
    layOverWhite(rgba);
    expect(digest(new Uint8Array(rgba.filter((_, at) => at % 4 !== 3)))).toBe('52e7b1782f7f68c1');
  });
});

it('a picture of another size than its bytes is refused', () => {
  expect(() => new ArrayPixels(2, 2, new Uint8ClampedArray(12))).toThrow('12 bytes for 2 x 2 px');
});
