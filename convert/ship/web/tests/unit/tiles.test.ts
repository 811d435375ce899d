import { describe, expect, it } from 'vitest';

import type { InputSpec } from '../../src/contract';
import { fuseViews, placeGrid, placeTiles, poolScores, weighTexture, type Place } from '../../src/tiles';
import { contract, vectors } from '../kit';

const spec = (size: number, tiles: number): InputSpec => ({ size, tiles, fit: 'tiles', pool: 'mean' });
const lefts = (places: Place[]) => [...new Set(places.map((place) => place.left))];
const tops = (places: Place[]) => [...new Set(places.map((place) => place.top))];

describe('tiles', () => {
  it.each([
    [200, 130, 64, 24, [0, 68, 136], [0, 66]],
    [4032, 3024, 64, 24, [0, 793, 1587, 2380, 3174, 3968], [0, 986, 1973, 2960]],
    [3024, 4032, 64, 24, [0, 986, 1973, 2960], [0, 793, 1587, 2380, 3174, 3968]],
    [1000, 64, 64, 3, [0, 468, 936], [0]],
    [65, 65, 64, 24, [0], [0]],
    [40, 300, 64, 24, [0], [0, 78, 157, 236]],
    [640, 480, 96, 1, [272], [192]],
  ])('of %i x %i px lie where Python puts them', (width, height, size, most, left, top) => {
    const places = placeTiles(width, height, spec(size, most));
    expect(lefts(places)).toEqual(left);
    expect(tops(places)).toEqual(top);
    expect(places).toHaveLength(left.length * top.length);
    expect(places[1] ?? { top: 0 }).toMatchObject({ top: left.length > 1 ? 0 : (top[1] ?? 0) }); // row by row
  });

  it('of the test pictures lie where Python put them', () => {
    if (contract.input.fit === 'resize') return; // the whole picture is one
    for (const { width, height, tiles } of vectors.images) {
      expect(placeTiles(width, height, contract.input)).toEqual(tiles.map(({ left, top }) => ({ left, top })));
    }
  });
});

describe('the grid of a map', () => {
  it.each([
    [200, 130, 24, [0, 27, 54, 81], [0, 22, 44, 66], { left: 136, top: 66 }],
    [4032, 3024, 567, [0, 152, 305, 457], [0, 148, 296, 444], { left: 3968, top: 2960 }],
    [40, 40, 1, [0], [0], { left: 0, top: 0 }],
  ])('of %i x %i px is that of Python', (width, height, count, left, top, last) => {
    const places = placeGrid(width, height, 64, 600);
    expect(places).toHaveLength(count);
    expect(lefts(places).slice(0, 4)).toEqual(left);
    expect(tops(places).slice(0, 4)).toEqual(top);
    expect(places.at(-1)).toEqual(last);
  });
});

describe('pooling', () => {
  const scores = [0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.95];

  it('takes the mean of the logits, where no tile outvotes all others', () => {
    expect(poolScores([0, 0.25, 0.5, 1], 'mean')).toBeCloseTo(0.43176513116919635, 12);
    expect(poolScores(scores, 'mean')).toBeCloseTo(0.522199357103372, 12);
  });

  it('takes the highest quarter for pictures that are fake in places', () => {
    expect(poolScores(scores, 'top')).toBeCloseTo(0.928960606878694, 12);
  });

  it('weighs tiles by their texture', () => {
    expect(poolScores([0.9, 0.2, 0.6], 'texture', [1, 8, 4.5])).toBeCloseTo(0.37201190965931435, 6);
    expect([0.2, 3, 99].map(weighTexture)).toEqual([1, 3, 8]);
    expect(() => poolScores([0.9, 0.2], 'texture')).toThrow('give the weights');
  });

  it('fuses views by their logits', () => {
    expect(fuseViews([0.8, 0.3], { weights: [1, 0.5], bias: 0.25 })).toBeCloseTo(0.7707666928323896, 12);
    expect(fuseViews([0.8], undefined)).toBe(0.8);
  });

  it('leaves a single score as it is, though it be 0', () => {
    expect(poolScores([0], 'mean')).toBe(0);
  });

  it('gives the score of each test picture from those of its tiles', () => {
    for (const { tiles, views, p_fake } of vectors.images) {
      const { pool, fusion } = contract.input;
      const pooled = poolScores(tiles.map((tile) => tile.p_fake), pool, tiles.map((tile) => tile.weight));
      expect(fuseViews([pooled, ...views.slice(1).map((view) => view.p_fake)], fusion)).toBeCloseTo(p_fake, 6);
    }
  });
});
