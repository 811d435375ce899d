/** What the kit ships for its model, and its test pictures, as the tests read them. */

import { readFileSync } from 'node:fs';

import { PNG } from 'pngjs';

import { parseContract } from '../src/contract';
import { ArrayPixels } from '../src/pixels';
import type { Vectors } from '../src/selfcheck';

export const FOLDER = new URL('../public/fakelens/', import.meta.url);
export const contract = parseContract(JSON.parse(readFileSync(new URL('contract.json', FOLDER), 'utf8')));
export const vectors = JSON.parse(readFileSync(new URL('vectors/vectors.json', FOLDER), 'utf8')) as Vectors;

/** Return the pixels of a test picture. */
export function readPicture(file: string): ArrayPixels {
  const { width, height, data } = PNG.sync.read(readFileSync(new URL(`vectors/${file}`, FOLDER)));
  return new ArrayPixels(width, height, new Uint8ClampedArray(data));
}

/** Return a file that says something of itself, or one that does not, by its name among the vectors. */
export function readStatement(name: string): Buffer {
  const statements = JSON.parse(readFileSync(new URL('unit/statements.json', import.meta.url), 'utf8')) as { name: string; file: string }[];
  return Buffer.from(statements.find((statement) => statement.name === name)!.file, 'base64');
}
