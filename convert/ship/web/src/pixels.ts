/** The pixels of a picture, and tiles cut from them: the rule of fakelens.edge_runtime.pictures.preprocess. */

import type { Place } from './tiles';

/** An upright picture whose pixels can be read part by part, so that a large photo is never copied whole. */
export interface PixelSource {
  readonly width: number; // px
  readonly height: number;
  /** Return the RGBA bytes of a rectangle inside the picture, row by row. */
  read(left: number, top: number, width: number, height: number): Uint8ClampedArray;
}

/** A picture that lies in memory: RGBA bytes, row by row. */
export class ArrayPixels implements PixelSource {
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly rgba: Uint8ClampedArray,
  ) {
    if (rgba.length !== width * height * 4) throw new Error(`${rgba.length} bytes for ${width} x ${height} px`);
  }

  read(left: number, top: number, width: number, height: number): Uint8ClampedArray {
    const part = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row++) {
      const start = ((top + row) * this.width + left) * 4;
      part.set(this.rgba.subarray(start, start + width * 4), row * width * 4);
    }
    return part;
  }
}

/**
 * Return a tile, RGB bytes [size, size, 3]. What lies beyond the right or lower edge is the picture mirrored
 * there, edge pixels repeated.
 */
export function cutTile(source: PixelSource, place: Place, size: number): Uint8Array<ArrayBuffer> {
  const width = Math.min(size, source.width - place.left);
  const height = Math.min(size, source.height - place.top);
  const part = source.read(place.left, place.top, width, height);
  if (width === size && height === size) return dropAlpha(part);
  const tile = new Uint8Array(size * size * 3);
  for (let y = 0, at = 0; y < size; y++) {
    const row = mirror(y, height) * width;
    for (let x = 0; x < size; x++) {
      const from = (row + mirror(x, width)) * 4;
      tile[at++] = part[from]!;
      tile[at++] = part[from + 1]!;
      tile[at++] = part[from + 2]!;
    }
  }
  return tile;
}

/** Return RGB bytes from RGBA ones. */
export function dropAlpha(rgba: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from]!;
    rgb[to++] = rgba[from + 1]!;
    rgb[to++] = rgba[from + 2]!;
  }
  return rgb;
}

/** Lay RGBA bytes over white in place, to the very rounding of Pillow's alpha_composite. */
export function layOverWhite(rgba: Uint8ClampedArray): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3]!;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      const sum = (rgba[channel]! * alpha + 255 * (255 - alpha)) * 128 + (0x80 << 7);
      rgba[channel] = alpha === 0 ? 255 : (((sum >> 8) + sum) >> 8) >> 7;
    }
    rgba[at + 3] = 255;
  }
}

/** Where `at` falls in a row of `length` px that is repeated as in a row of mirrors. */
function mirror(at: number, length: number): number {
  const turn = at % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}
