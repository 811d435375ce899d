import { describe, expect, it } from 'vitest';

import { findReason, measureCondition, measureTexture, toLuma, type Condition } from '../../src/condition';
import { cutTile } from '../../src/pixels';
import { weighTexture } from '../../src/tiles';
import { contract, readPicture, vectors } from '../kit';

const limits = { least_side: 64, least_texture: 0.5, least_sharpness: 0.513, most_blocking: 2.2 };
const good: Condition = { side: 300, texture: 5, sharpness: 0.6, blocking: 1.1 };

describe('the condition', () => {
  it('of each test picture is that of Python, to the last bit', () => {
    for (const { file, condition, reason } of vectors.images) {
      expect(measureCondition(readPicture(file)), file).toEqual(condition);
      expect(findReason(condition, contract.decision.condition) ?? null, file).toBe(reason);
    }
  });

  it.each([
    [{}, undefined],
    [{ side: 63 }, 'small'],
    [{ texture: 0.49, sharpness: null, blocking: null }, 'flat'],
    [{ blocking: 2.2, sharpness: 0.4 }, 'compressed'],
    [{ sharpness: 0.5129 }, 'enlarged'],
  ])('%o is reason for %s', (change, reason) => {
    expect(findReason({ ...good, ...change }, limits)).toBe(reason);
    expect(findReason({ ...good, ...change }, undefined)).toBeUndefined();
    expect(findReason({ ...good, ...change }, { least_side: null })).toBeUndefined();
  });
});

it('each tile weighs what it weighs in Python', () => {
  const { fit, size, pool } = contract.input;
  if (fit === 'resize') return;
  for (const { file, tiles } of vectors.images) {
    const picture = readPicture(file);
    for (const { left, top, weight } of tiles) {
      const tile = cutTile(picture, { left, top }, size);
      expect(pool === 'texture' ? weighTexture(measureTexture(toLuma(tile, 3), size)) : 1, file).toBe(weight);
    }
  }
});
