/** The tags of a TIFF structure, which is what EXIF is too, and the parts of a TIFF file. */

import { number } from './bytes';
import { findIptc, MOST_PART_BYTES, MOST_TEXT_BYTES, type Part } from './parts';

const MOST_TAGS = 65_535; // of one directory
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const EXIF_DIRECTORY = 0x8769;
const XMP = 0x02bc, IPTC = 0x83bb, PHOTOSHOP = 0x8649, C2PA = 0xcd41;
const LARGE = [PHOTOSHOP, C2PA]; // of a wild length, a text would use up what is read of a file

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
    const most = LARGE.includes(tag) ? MOST_PART_BYTES : MOST_TEXT_BYTES;
    if (!values.has(tag)) values.set(tag, bytes.subarray(from, from + Math.min(length, most)));
  }
}

export function* readTiff(bytes: Uint8Array): Generator<Part> {
  const tags = readTags(bytes);
  const { values } = tags;
  yield { kind: 'exif', data: new Uint8Array(), where: 'TIFF tags', tags };
  for (const [tag, kind] of [[XMP, 'xmp'], [IPTC, 'iptc'], [C2PA, 'c2pa']] as const) {
    const data = values.get(tag);
    if (data) yield { kind, data, where: `TIFF tag 0x${tag.toString(16).toUpperCase().padStart(4, '0')}` };
  }
  const photoshop = values.get(PHOTOSHOP);
  if (photoshop) yield* findIptc(photoshop, 'TIFF tag 0x8649');
}
