import { describe, expect, it } from 'vitest';

import { resizeBilinear } from '../../src/resample';
import { digest, makePattern } from './pattern';

describe('scaling a whole picture', () => {
  it.each([
    [97, 61, '03edaeb75bfb7f7d'],
    [20, 45, 'b0f1715205db30db'],
    [32, 300, '43291801aab1e633'],
    [500, 32, '66ff64730d0833fd'],
    [3, 2, '3ce8cf7ec5ea5044'],
    [641, 480, '508ecd30d0d5c280'],
    [155, 203, '5ef4168efc0e6fd3'],
    [300, 700, '5901acd16fb2adb1'], // so tall that the other pass comes first
  ])('of %i x %i px to 32 x 32 gives the bytes of Pillow', (width, height, expected) => {
    expect(digest(resizeBilinear(makePattern(width, height), 32))).toBe(expected);
  });
});
