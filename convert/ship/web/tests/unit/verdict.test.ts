import { describe, expect, it } from 'vitest';

import { decide, warnOfReduction } from '../../src/verdict';
import { contract, vectors } from '../kit';

const banded = { threshold: 0.6, unsure_low: 0.5, unsure_high: 0.7 };
const plain = { threshold: 0.5, unsure_low: 1, unsure_high: 0 };

describe('a verdict', () => {
  it.each([[0.49, 'real'], [0.5, 'unsure'], [0.6, 'unsure'], [0.7, 'unsure'], [0.71, 'fake']] as const)(
    'on %f is %s where the band is .5 to .7',
    (pFake, label) => expect(decide(pFake, banded)).toBe(label),
  );

  it.each([[0.499, 'real'], [0.5, 'fake'], [1, 'fake'], [0, 'real']] as const)(
    'on %f is %s where there is no band',
    (pFake, label) => expect(decide(pFake, plain)).toBe(label),
  );

  it('on each test picture is that of Python', () => {
    expect(vectors.images.length).toBeGreaterThan(0);
    for (const { p_fake, verdict, reason } of vectors.images) {
      expect(decide(p_fake, contract.decision, reason ?? undefined)).toBe(verdict);
    }
  });
});

it('scaling down far is warned of, scaling down a little is not', () => {
  expect(warnOfReduction(contract, 2)).toBe('');
  expect(warnOfReduction(contract, 94.5)).toContain('95 times');
});
