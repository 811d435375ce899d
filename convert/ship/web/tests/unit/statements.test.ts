import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { declaresGenerated, quote, type Evidence } from '../../src/provenance/evidence';
import { readEvidence } from '../../src/provenance/read';

interface Vector {
  readonly name: string;
  readonly file: string; // in base64
  readonly zeros?: number; // that stand behind it
  readonly evidence: readonly Evidence[];
}

const vectors = JSON.parse(readFileSync(new URL('statements.json', import.meta.url), 'utf8')) as Vector[];
const read = (file: string, zeros = 0) => new Uint8Array(Buffer.concat([Buffer.from(file, 'base64'), Buffer.alloc(zeros)]));

describe('what a file says of itself', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s: as Python says', async (_, { file, zeros, evidence }) => {
    expect(await readEvidence(read(file, zeros))).toEqual(evidence);
  });

  it('declares a generator in some files and not in others', () => {
    const declaring = vectors.filter(({ evidence }) => declaresGenerated(evidence));
    expect(declaring.length).toBeGreaterThan(50);
    expect(vectors.length - declaring.length).toBeGreaterThan(30);
  });

  it('never fails on a file that is cut or changed', async () => {
    let seed = 24;
    const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
    for (const { file } of vectors) {
      for (let turn = 0; turn < 10; turn++) {
        const bytes = read(file);
        for (let change = 0; change < 4; change++) bytes[random(bytes.length || 1)] = random(256);
        await readEvidence(bytes.subarray(0, 1 + random(bytes.length || 1)));
      }
    }
  });

  it('is read in bounded memory, however many namespaces are nested', async () => {
    const packet = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `<a xmlns:b${n}="x">`).join(''));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(packet.length);
    expect(await readEvidence(Buffer.concat([Buffer.from('RIFF    WEBPXMP '), length, packet]))).toEqual([]);
  });

  it('shows words escaped and cut', () => {
    expect(quote('a\n b\x1b[2J\u202e')).toBe('a b\\x1b[2J\\u202e');
    expect(quote('x'.repeat(500))).toHaveLength(160);
  });
});
