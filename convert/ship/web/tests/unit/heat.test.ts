import { expect, it } from 'vitest';

import { FAKE_RGB, paintHeat, REAL_RGB } from '../../src/heat';

it('tiles are tinted by their score, overlaps by the mean, the rest is left clear', () => {
  const regions = [
    { left: 0, top: 0, size: 2, pFake: 1 },
    { left: 1, top: 0, size: 2, pFake: 0 },
    { left: 2, top: 0, size: 2, pFake: 0 },
  ];
  const { width, height, rgba } = paintHeat(regions, 6, 2);
  expect([width, height]).toEqual([6, 2]);
  const pixel = (x: number) => [...rgba.slice(x * 4, x * 4 + 4)];
  expect(pixel(0)).toEqual([...FAKE_RGB, 153]);
  expect(pixel(1)[3]).toBe(0); // one says fake, the other real
  expect(pixel(2)).toEqual([...REAL_RGB, 153]);
  expect(pixel(5)[3]).toBe(0);
});

it('a large picture has a map of at most 512 px, a tile over the edge is cut', () => {
  const { width, height, rgba } = paintHeat([{ left: 3968, top: 2960, size: 999, pFake: 1 }], 4032, 3024);
  expect([width, height]).toEqual([512, 384]);
  expect(rgba.at(-1)).toBe(153);
});

it('is calm over a picture that is not FAKE', () => {
  const regions = [{ left: 0, top: 0, size: 4, pFake: 1 }];
  const alpha = (label: 'fake' | 'real' | 'unsure') => paintHeat(regions, 4, 4, label).rgba[3]!;
  expect(alpha('fake')).toBe(153);
  expect([alpha('real'), alpha('unsure')]).toEqual([26, 26]);
});
