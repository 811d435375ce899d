import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { POLICY } from '../../plugins/policy';
import { parseContract } from '../../src/contract';
import { contract } from '../kit';

const broken = (change: object) => () => parseContract({ ...contract, ...change });

describe('a contract that no runtime could use is refused by the name of its fault', () => {
  it.each([
    [{ schema: 3 }, 'schema 3'],
    [{ labels: ['fake', 'real'] }, 'labels fake,real'],
    [{ input: { ...contract.input, fit: 'crop' } }, 'input.fit crop'],
    [{ input: { ...contract.input, tiles: 0 } }, 'input.tiles 0'],
    [{ input: undefined }, 'input.size undefined'],
    [{ input: { ...contract.input, views: [], fusion: { weights: [], bias: 0 } } }, 'input.views without input.fusion'],
    [{ input: { ...contract.input, views: [contract.input], fusion: undefined } }, 'input.views without input.fusion'],
    [{ input: { ...contract.input, views: [contract.input], fusion: { weights: [-1], bias: 0 } } }, 'input.fusion.weights -1'],
    [{ decision: { ...contract.decision, threshold: 1.5 } }, 'decision.threshold 1.5'],
    [{ decision: undefined }, 'decision.threshold undefined'],
  ])('%o', (change, fault) => expect(broken(change)).toThrow(fault));

  it('null', () => expect(() => parseContract(null)).toThrow('no JSON object'));
});

it('the header for servers says what the page says', () => {
  const headers = readFileSync(new URL('../../public/_headers', import.meta.url), 'utf8');
  expect(headers).toContain(`Content-Security-Policy: ${POLICY}; frame-ancestors 'none'\n`);
});
