/** The parts of an ISO base media file: HEIF, AVIF and the like, box by box. */

import { concat, findZero, latin1, number, startsWith } from './bytes';
import { MOST_PART_BYTES, MOST_STEPS, MOST_TEXT_BYTES, type Part } from './parts';

const C2PA_UUID = '\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81';
const XMP_UUID = '\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac';
const MOST_META_BYTES = 1 << 20;
const MOST_EXTENTS = 16; // of an item
const MOST_READ_BYTES = 32 << 20; // of all items of a file

interface Box {
  readonly name: string;
  readonly at: number;
  readonly data: Uint8Array;
}

interface Item {
  readonly kind: 'exif' | 'xmp';
  readonly extents: [offset: number, length: number][];
}

/** How much of a file is read yet. */
interface Budget {
  bytesLeft: number;
}

export function* readBmff(bytes: Uint8Array): Generator<Part> {
  const budget = { bytesLeft: MOST_READ_BYTES };
  for (const { name, at, data } of walk(bytes)) {
    const where = `box ${name} at byte ${at}`;
    const content = data.subarray(16, 16 + MOST_PART_BYTES); // behind the identifier
    if (name === 'uuid' && startsWith(data, XMP_UUID)) yield { kind: 'xmp', data: content, where };
    else if (name === 'uuid' && startsWith(data, C2PA_UUID)) { // version, the purpose, an offset of 8 bytes
      yield { kind: 'c2pa', data: content.subarray(findZero(content, 4) + 9), where };
    } else if (name === 'meta') yield* readMeta(bytes, data.subarray(4, MOST_META_BYTES), at, budget);
  }
}

function* walk(bytes: Uint8Array): Generator<Box> {
  let at = 0;
  for (let step = 0; step < MOST_STEPS && at + 8 <= bytes.length; step++) {
    let length = number(bytes, at, 4), head = 8;
    if (length === 1) [length, head] = [number(bytes, at + 8, 8), 16];
    length ||= bytes.length - at;
    if (length < head) return;
    yield { name: latin1(bytes.subarray(at + 4, at + 8)), at, data: bytes.subarray(at + head, at + length) };
    at += length;
  }
}

function* readMeta(bytes: Uint8Array, meta: Uint8Array, at: number, budget: Budget): Generator<Part> {
  const boxes = new Map<string, Uint8Array>();
  for (const { name, data } of walk(meta)) boxes.set(name, data);
  const items = findItems(boxes.get('iinf') ?? new Uint8Array());
  locateItems(boxes.get('iloc') ?? new Uint8Array(), items);
  for (const [id, { kind, extents }] of items) {
    let data = joinExtents(bytes, extents, Math.min(MOST_TEXT_BYTES, budget.bytesLeft));
    budget.bytesLeft -= data.length;
    if (kind === 'exif') data = data.subarray(4 + number(data, 0, 4)); // where the TIFF structure begins
    yield { kind, data, where: `item ${id} of box meta at byte ${at}` };
  }
}

/** Return the first `most` bytes of an item, whose extents are as wild as they like: others may stand behind. */
function joinExtents(bytes: Uint8Array, extents: Item['extents'], most: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [offset, length] of extents) {
    const piece = bytes.subarray(offset, offset + Math.min(length, most));
    pieces.push(piece);
    most -= piece.length;
  }
  return concat(pieces);
}

function findItems(iinf: Uint8Array): Map<number, Item> {
  const items = new Map<number, Item>();
  for (const { name, data } of walk(iinf.subarray(iinf[0] ? 8 : 6))) {
    if (name !== 'infe' || (data[0] !== 2 && data[0] !== 3)) continue;
    const wide = data[0] === 2 ? 2 : 4;
    const id = number(data, 4, wide);
    const rest = data.subarray(10 + wide);
    if (startsWith(data, 'Exif', 6 + wide)) items.set(id, { kind: 'exif', extents: [] });
    else if (startsWith(data, 'mime', 6 + wide) && startsWith(rest, 'application/rdf+xml', findZero(rest) + 1)) {
      items.set(id, { kind: 'xmp', extents: [] });
    }
  }
  return items;
}

/** Fill the extents of `items`; those inside other boxes than the file are left out. */
function locateItems(iloc: Uint8Array, items: Map<number, Item>): void {
  const version = iloc[0] ?? 0;
  let at = 4, steps = 0;
  const take = (length: number) => number(iloc, (at += length) - length, length);
  const sizes = take(2);
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [12, 8, 4, 0].map((shift) => (sizes >> shift) & 15) as [
    number, number, number, number,
  ];
  const wide = version < 2 ? 2 : 4;
  for (let count = take(wide); count > 0; count--) {
    if (at >= iloc.length || ++steps > MOST_STEPS) return;
    const item = items.get(take(wide));
    const method = version ? take(2) & 15 : 0;
    take(2); // data reference
    const base = take(baseBytes);
    for (let extents = take(2); extents > 0; extents--) {
      if (at >= iloc.length || ++steps > MOST_STEPS) return;
      if (version) take(indexBytes);
      const offset = base + take(offsetBytes), length = take(lengthBytes);
      if (item && method === 0 && item.extents.length < MOST_EXTENTS) item.extents.push([offset, length]);
    }
  }
}
