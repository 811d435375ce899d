/** The parts of an image file that may speak; how much of it is looked at, whatever lengths it declares. */

import { number } from './bytes';
import type { Tags } from './tiff';

export type PartKind = 'c2pa' | 'xmp' | 'exif' | 'iptc' | 'text' | 'comment' | 'trailer';

export interface Part {
  readonly kind: PartKind;
  readonly data: Uint8Array;
  readonly where: string;
  readonly key?: string; // of a text
  readonly packed?: boolean; // by deflate
  readonly tags?: Tags; // of a TIFF file, all over which they lie
}

export const MOST_PARTS = 5_000; // of one file; a file has a handful
export const MOST_PART_BYTES = 8 << 20;
export const MOST_TEXT_BYTES = 1 << 20; // of one text
export const MOST_STEPS = 50_000; // segments, chunks, blocks or boxes of one file

/** Yield the IPTC datasets inside Photoshop's image resources. */
export function* findIptc(photoshop: Uint8Array, where: string): Generator<Part> {
  let at = 0;
  while (number(photoshop, at, 4) === 0x3842494d) { // 8BIM
    const kind = number(photoshop, at + 4, 2);
    let end = at + 7 + (photoshop[at + 6] ?? 0);
    end += (end - at) % 2;
    const length = number(photoshop, end, 4);
    if (kind === 0x0404) yield { kind: 'iptc', data: photoshop.subarray(end + 4, end + 4 + length), where };
    at = end + 4 + length + (length % 2);
  }
}
