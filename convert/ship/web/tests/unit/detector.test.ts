import { describe, expect, it } from 'vitest';

import type { InputSpec } from '../../src/contract';
import { FrameChecker, mapRegions, scorePicture } from '../../src/detector';
import { poolScores } from '../../src/tiles';
import { makePattern } from './pattern';

const spec: InputSpec = { size: 8, fit: 'tiles', tiles: 6, pool: 'mean' };
/** In the model's place, which runs in a browser only: how bright a tile is. */
const brightness = async (tile: Uint8Array) => tile.reduce((sum, value) => sum + value, 0) / tile.length / 255;

describe('a picture', () => {
  it('is scored tile by tile and pooled', async () => {
    const { pFake, regions } = await scorePicture(makePattern(27, 16), spec, brightness);
    expect(regions.map(({ left, top }) => [left, top])).toEqual([[0, 0], [9, 0], [19, 0], [0, 8], [9, 8], [19, 8]]);
    expect(pFake).toBe(poolScores(regions.map((region) => region.pFake), 'mean'));
  });

  it('is scored as a whole where the contract says so', async () => {
    const whole: InputSpec = { size: 8, fit: 'resize', tiles: 1, pool: 'mean' };
    const { pFake, regions } = await scorePicture(makePattern(8, 8), whole, brightness);
    expect(regions).toEqual([]);
    expect(pFake).toBeCloseTo(await brightness(makePattern(8, 8).read(0, 0, 8, 8).filter((_, at) => at % 4 !== 3) as unknown as Uint8Array));
  });

  it('has a map of overlapping tiles, or none where it is seen as a whole', async () => {
    const map = async (fit: 'tiles' | 'resize') => {
      const regions = [];
      for await (const region of mapRegions(makePattern(27, 16), { ...spec, fit, tiles: 6 }, brightness, 600)) regions.push(region);
      return regions;
    };
    expect(await map('tiles')).toHaveLength(18);
    expect(await map('resize')).toEqual([]);
  });
});

describe('a frame', () => {
  const slow = () => {
    let now = 0; // ms
    const score = async (tile: Uint8Array) => {
      now += 10;
      return brightness(tile);
    };
    return new FrameChecker(spec, score, () => now);
  };

  it('pays for the tiles that fit its budget, and the next goes on from there', async () => {
    const checker = slow(), frame = makePattern(27, 16);
    const first = await checker.check(frame, 25);
    expect([first.checked, first.regions.length]).toEqual([2, 2]);
    const second = await checker.check(frame, 45);
    expect([second.checked, second.regions.length]).toEqual([4, 6]);
    expect(second.pFake).toBe((await scorePicture(frame, spec, brightness)).pFake);
  });

  it('has one tile checked at least, all at most', async () => {
    expect((await slow().check(makePattern(27, 16), 1)).checked).toBe(1);
    expect((await slow().check(makePattern(27, 16), Infinity)).checked).toBe(6);
  });

  it('of another size forgets the tiles of the last', async () => {
    const checker = slow();
    await checker.check(makePattern(27, 16), 45);
    expect((await checker.check(makePattern(16, 16), 15)).regions).toHaveLength(1);
  });
});
