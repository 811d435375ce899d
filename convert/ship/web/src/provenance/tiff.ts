/** The tags of a TIFF structure, which is what EXIF is too, and the parts of a TIFF file. */

import { number } from './bytes';
import { findIptc, type Part } from './parts';

const MOST_TAGS = 1000; // of one directory
const MOST_VALUE_BYTES = 1 << 20;
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const EXIF_DIRECTORY = 0x8769;

export interface Tags {
  readonly values: ReadonlyMap<number, Uint8Array>;
  readonly little: boolean;
}

/** Return the tags of the first directory and of its EXIF directory. */
export function readTags(bytes: Uint8Array): Tags {
  const magic = number(bytes, 0, 4);
  const little = magic === 0x49492a00;
  const values = new Map<number, Uint8Array>();
  if (bytes.length < 8 || (!little && magic !== 0x4d4d002a)) return { values, little };
  readDirectory(bytes, number(bytes, 4, 4, little), little, values);
  const pointer = values.get(EXIF_DIRECTORY);
  if (pointer && pointer.length >= 4) readDirectory(bytes, number(pointer, 0, 4, little), little, values);
  return { values, little };
}

function readDirectory(bytes: Uint8Array, start: number, little: boolean, values: Map<number, Uint8Array>): void {
  const count = Math.min(number(bytes, start, 2, little), MOST_TAGS);
  for (let at = start + 2; at < start + 2 + 12 * count && at + 12 <= bytes.length; at += 12) {
    const tag = number(bytes, at, 2, little);
    const length = (TYPE_BYTES[number(bytes, at + 2, 2, little)] ?? 0) * number(bytes, at + 4, 4, little);
    const from = length <= 4 ? at + 8 : number(bytes, at + 8, 4, little);
    const value = bytes.subarray(from, from + Math.min(length, MOST_VALUE_BYTES));
    if (!values.has(tag)) values.set(tag, value);
  }
}

export function* readTiff(bytes: Uint8Array): Generator<Part> {
  yield { kind: 'exif', data: bytes, where: 'TIFF tags' };
  const { values } = readTags(bytes);
  for (const [tag, kind] of [[0x02bc, 'xmp'], [0x83bb, 'iptc'], [0xcd41, 'c2pa']] as const) {
    const data = values.get(tag);
    if (data) yield { kind, data, where: `TIFF tag 0x${tag.toString(16).toUpperCase().padStart(4, '0')}` };
  }
  const photoshop = values.get(0x8649);
  if (photoshop) yield* findIptc(photoshop, 'TIFF tag 0x8649');
}
