/** Decode CBOR (RFC 8949), bounded; as fakelens.edge_runtime.provenance.credentials.cbor. */

import { concat, number, utf8 } from './bytes';

export type Cbor = number | boolean | string | null | Uint8Array | Cbor[] | { [key: string]: Cbor };

const MOST_DEPTH = 32;
const MOST_ITEMS = 50_000;
const BREAK = Symbol('break');

/** The data are damaged, or nested or numerous beyond the bounds. */
export class CborError extends Error {}

/** Return the first item of `data`; keys of maps, text or numbers, as text; others are left out, and tags. */
export function decodeCbor(data: Uint8Array): Cbor {
  let at = 0, items = 0;

  function take(count: number): Uint8Array {
    if (at + count > data.length) throw new CborError('it ends early');
    at += count;
    return data.subarray(at - count, at);
  }

  function takeNumber(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new CborError('no such length');
    return number(take(1 << (info - 24)), 0, 1 << (info - 24));
  }

  function decode(depth: number): Cbor | typeof BREAK {
    if (depth > MOST_DEPTH || ++items > MOST_ITEMS) throw new CborError('nested too deep or too long');
    const first = take(1)[0] ?? 0;
    const major = first >> 5, info = first & 31;
    if (major === 7) return decodeSimple(info);
    if (info === 31) return decodeOpen(major, depth);
    const count = takeNumber(info);
    if (major < 2) return major === 0 ? count : -1 - count;
    if (major === 6) return decode(depth + 1);
    if (major < 4) return major === 2 ? take(count) : utf8(take(count));
    const flat: Cbor[] = [];
    for (let left = count * (major - 3); left > 0; left--) flat.push(decodeInside(depth));
    return major === 4 ? flat : toMap(flat);
  }

  function decodeInside(depth: number): Cbor {
    const item = decode(depth + 1);
    if (item === BREAK) throw new CborError('a break inside a list of known length');
    return item;
  }

  function decodeOpen(major: number, depth: number): Cbor {
    if (major < 2 || major > 5) throw new CborError('no such item');
    const found: Cbor[] = [];
    for (let item = decode(depth + 1); item !== BREAK; item = decode(depth + 1)) found.push(item);
    if (major === 4) return found;
    if (major === 5) return toMap(found);
    return major === 2 ? concat(found.filter((piece) => piece instanceof Uint8Array)) : found.filter((piece) => typeof piece === 'string').join('');
  }

  function decodeSimple(info: number): Cbor | typeof BREAK {
    if (info === 31) return BREAK;
    if (info >= 24 && info <= 27) take(1 << (info - 24)); // numbers with a point: nothing here asks for them
    return info === 20 ? false : info === 21 ? true : null;
  }

  const item = decode(0);
  if (item === BREAK) throw new CborError('a break where nothing was open');
  return item;
}

function toMap(flat: Cbor[]): { [key: string]: Cbor } {
  const map: { [key: string]: Cbor } = Object.create(null) as { [key: string]: Cbor };
  for (let at = 0; at < flat.length; at += 2) {
    const key = flat[at];
    if (typeof key === 'string' || typeof key === 'number') map[key] = flat[at + 1] ?? null;
  }
  return map;
}
