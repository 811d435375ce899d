/** One reader of containers: from the bytes of an image file, whatever its name, to the parts that may speak. */

import { readBmff } from './bmff';
import { concat, find, findZero, isUtf8, latin1, number, startsWith } from './bytes';
import { findIptc, MOST_PART_BYTES, MOST_PARTS, MOST_STEPS, type Part } from './parts';
import { readTiff } from './tiff';

const TAIL_BYTES = 256 << 10;
const ADOBE = ['http:', '', 'ns.adobe.com'].join('/'); // of names, which are never loaded
const XMP = `${ADOBE}/xap/1.0/\0`;
const MORE_XMP = `${ADOBE}/xmp/extension/\0`;
const PHOTOSHOP = 'Photoshop 3.0\0';

/** Yield the parts of the image file `bytes`; none where it is no image. */
export function* readParts(bytes: Uint8Array): Generator<Part> {
  let count = 0;
  for (const part of chooseReader(bytes)(bytes)) {
    if (++count > MOST_PARTS) return;
    yield part;
  }
}

function chooseReader(bytes: Uint8Array): (bytes: Uint8Array) => Iterable<Part> {
  if (startsWith(bytes, '\xff\xd8\xff')) return readJpeg;
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return readPng;
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return readWebp;
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return readGif;
  if (startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*')) return readTiff;
  return startsWith(bytes, 'ftyp', 4) ? readBmff : () => [];
}

function* readJpeg(bytes: Uint8Array): Generator<Part> {
  const boxes = new Map<string, { order: number; data: Uint8Array; at: number }[]>();
  const moreXmp: Uint8Array[] = [], photoshop: Uint8Array[] = [];
  let moreXmpAt = 0, photoshopAt = 0, at = 2;
  for (let step = 0; step < MOST_STEPS && at + 4 <= bytes.length; step++) {
    if (bytes[at] !== 0xff) { at = find(bytes, 0xff, at); continue; } // junk, which decoders pass over
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) { at += 1; continue; } // padding
    if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) { at += 2; continue; } // without a length; 0 is junk
    const length = number(bytes, at + 2, 2);
    if (marker === 0xda || length < 2) break; // the first scan
    const data = bytes.subarray(at + 4, at + 2 + length);
    const where = `JPEG segment ${marker === 0xfe ? 'COM' : `APP${marker - 0xe0}`} at byte ${at}`;
    if (marker === 0xe1 && startsWith(data, 'Exif\0')) yield { kind: 'exif', data: data.subarray(6), where };
    else if (marker === 0xe1 && startsWith(data, XMP)) yield { kind: 'xmp', data: data.subarray(XMP.length), where };
    else if (marker === 0xe1 && startsWith(data, MORE_XMP)) {
      moreXmpAt ||= at;
      moreXmp.push(data.subarray(MORE_XMP.length + 40));
    } else if (marker === 0xeb && startsWith(data, 'JP')) {
      const box = latin1(data.subarray(2, 4)) + latin1(data.subarray(12, 16)); // its number and its kind
      boxes.set(box, [...(boxes.get(box) ?? []), { order: number(data, 4, 4), data: data.subarray(8), at }]);
    } else if (marker === 0xed && startsWith(data, PHOTOSHOP)) {
      photoshopAt ||= at;
      photoshop.push(data.subarray(PHOTOSHOP.length));
    } else if (marker === 0xfe) yield { kind: 'comment', data, where };
    at += 2 + length;
  }
  for (const pieces of boxes.values()) yield joinBoxes(pieces);
  if (moreXmp.length) yield { kind: 'xmp', data: concat(moreXmp), where: `JPEG segment APP1 at byte ${moreXmpAt}` };
  if (photoshop.length) yield* findIptc(concat(photoshop), `JPEG segment APP13 at byte ${photoshopAt}`);
  yield* readTail(bytes, at);
}

function joinBoxes(pieces: { order: number; data: Uint8Array; at: number }[]): Part {
  pieces.sort((a, b) => a.order - b.order);
  const [first, ...rest] = pieces;
  const head = number(first!.data, 0, 4) === 1 ? 16 : 8; // each further piece repeats the head of the box
  const data = concat([first!.data, ...rest.map((piece) => piece.data.subarray(head))]);
  return { kind: 'c2pa', data, where: `JPEG segment APP11 at byte ${first!.at}` };
}

/** Yield what Samsung's phones write behind the picture, and boxes that FLUX's makers append there. */
function* readTail(bytes: Uint8Array, scanAt: number): Generator<Part> {
  const start = Math.max(scanAt, bytes.length - TAIL_BYTES);
  const tail = bytes.subarray(start);
  const text = latin1(tail);
  if (text.endsWith('SEFT')) yield { kind: 'trailer', data: tail, where: 'JPEG trailer' };
  const found = text.search(/\xff\xd9(?=[^]{4}jumb[^]{4}jumd)/);
  if (found >= 0) yield { kind: 'c2pa', data: tail.subarray(found + 2), where: `JPEG trailer at byte ${start + found + 2}` };
}

function* readPng(bytes: Uint8Array): Generator<Part> {
  let at = 8;
  for (let step = 0; step < MOST_STEPS && at + 8 <= bytes.length; step++) {
    const length = number(bytes, at, 4);
    const name = latin1(bytes.subarray(at + 4, at + 8));
    const where = `PNG chunk ${name} at byte ${at}`;
    const data = bytes.subarray(at + 8, at + 8 + Math.min(length, MOST_PART_BYTES));
    if (name === 'tEXt' || name === 'zTXt' || name === 'iTXt') yield readText(name, data, where);
    else if (name === 'eXIf') yield { kind: 'exif', data: startsWith(data, 'Exif\0\0') ? data.subarray(6) : data, where };
    else if (name === 'caBX') yield { kind: 'c2pa', data, where };
    else if (name === 'IEND') {
      const trailer = bytes.subarray(at + 12, at + 12 + TAIL_BYTES);
      if (startsWith(trailer, 'jumb', 4)) yield { kind: 'c2pa', data: trailer, where: `PNG trailer at byte ${at + 12}` };
      return;
    }
    at += 12 + length;
  }
}

function readText(name: string, data: Uint8Array, where: string): Part {
  const keyEnd = findZero(data);
  const key = latin1(data.subarray(0, Math.min(keyEnd, 79)));
  let text = data.subarray(keyEnd + 1), packed = name === 'zTXt';
  if (packed) text = text.subarray(1);
  else if (name === 'iTXt') {
    packed = text[0] === 1;
    text = text.subarray(2);
    for (const _ of ['language', 'translated key']) text = text.subarray(findZero(text) + 1);
  } else if (!isUtf8(text)) text = new TextEncoder().encode(latin1(text));
  return { kind: key === 'XML:com.adobe.xmp' ? 'xmp' : 'text', data: text, where, key, packed };
}

function* readWebp(bytes: Uint8Array): Generator<Part> {
  const kinds: Readonly<Record<string, 'exif' | 'xmp' | 'c2pa'>> = { EXIF: 'exif', 'XMP ': 'xmp', C2PA: 'c2pa' };
  let at = 12;
  for (let step = 0; step < MOST_STEPS && at + 8 <= bytes.length; step++) {
    const name = latin1(bytes.subarray(at, at + 4)), length = number(bytes, at + 4, 4, true);
    const kind = kinds[name];
    if (kind) {
      const data = bytes.subarray(at + 8, at + 8 + Math.min(length, MOST_PART_BYTES));
      const where = `WebP chunk ${name.trim()} at byte ${at}`;
      yield { kind, data: startsWith(data, 'Exif\0\0') ? data.subarray(6) : data, where };
    }
    at += 8 + length + (length % 2);
  }
}

function* readGif(bytes: Uint8Array): Generator<Part> {
  const table = (flags = 0) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10]);
  for (let step = 0; step < MOST_STEPS && at + 2 <= bytes.length; step++) {
    const where = `GIF extension at byte ${at}`;
    if (bytes[at] === 0x2c) at = readBlocks(bytes, at + 11 + table(bytes[at + 9])).end;
    else if (bytes[at] !== 0x21) return;
    else if (bytes[at + 1] === 0xfe) {
      const { data, end } = readBlocks(bytes, at + 2);
      yield { kind: 'comment', data: data(), where };
      at = end;
    } else if (bytes[at + 1] === 0xff && startsWith(bytes, 'XMP DataXMP', at + 3)) {
      const { end } = readBlocks(bytes, at + 14);
      yield { kind: 'xmp', data: bytes.subarray(at + 14, Math.max(at + 14, end - 257)), where }; // unblocked
      at = end;
    } else if (bytes[at + 1] === 0xff && startsWith(bytes, 'C2PA_GIF', at + 3)) {
      const { data, end } = readBlocks(bytes, at + 14);
      yield { kind: 'c2pa', data: data(), where };
      at = end;
    } else at = readBlocks(bytes, at + 2).end;
  }
}

function readBlocks(bytes: Uint8Array, start: number): { data: () => Uint8Array; end: number } {
  const pieces: Uint8Array[] = [];
  let at = start;
  for (let step = 0; step < MOST_STEPS; step++) {
    const length = bytes[at] ?? 0;
    at += 1;
    if (!length) break;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { data: () => concat(pieces).subarray(0, MOST_PART_BYTES), end: at };
}
