/**
 * Pillow's antialiased bilinear filter, byte for byte, as fakelens.edge_runtime.pictures.preprocess uses it for models that
 * see the whole picture. A browser's own scaling moves pixels by several grey levels.
 */

import { dropAlpha, type PixelSource } from './pixels';

const PRECISION = 22; // bits of a weight, as in Pillow
const HALF = 1 << (PRECISION - 1);
const STRIP = 128; // rows or columns that are read at once

interface Weights {
  readonly start: number; // first px
  readonly weights: Int32Array;
}

/** Return the picture scaled to size x size px, RGB bytes [size, size, 3]. */
export function resizeBilinear(source: PixelSource, size: number): Uint8Array<ArrayBuffer> {
  const { width, height } = source;
  const across = weigh(width, size), down = weigh(height, size);
  // Bytes are rounded between the two passes, so their order tells; Pillow 13 shortens tall pictures first.
  return height - size > 2 * Math.max(0, width - size)
    ? narrowRows(shortenStrips(source, down), width, across)
    : shorten(narrowStrips(source, across), size * 3, down);
}

function narrowStrips(source: PixelSource, across: readonly Weights[]): Uint8Array {
  const { width, height } = source;
  const narrow = new Uint8Array(across.length * height * 3);
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    narrow.set(narrowRows(dropAlpha(source.read(0, top, width, rows)), width, across), across.length * top * 3);
  }
  return narrow;
}

function shortenStrips(source: PixelSource, down: readonly Weights[]): Uint8Array {
  const { width, height } = source;
  const short = new Uint8Array(width * down.length * 3);
  for (let left = 0; left < width; left += STRIP) {
    const columns = Math.min(STRIP, width - left);
    const strip = shorten(dropAlpha(source.read(left, 0, columns, height)), columns * 3, down);
    down.forEach((_, row) => {
      short.set(strip.subarray(row * columns * 3, (row + 1) * columns * 3), (row * width + left) * 3);
    });
  }
  return short;
}

function narrowRows(rgb: Uint8Array, width: number, across: readonly Weights[]): Uint8Array<ArrayBuffer> {
  const rows = rgb.length / (width * 3);
  const out = new Uint8Array(rows * across.length * 3);
  for (let row = 0, to = 0; row < rows; row++) {
    for (const { start, weights } of across) {
      let red = HALF, green = HALF, blue = HALF;
      for (let i = 0, from = (row * width + start) * 3; i < weights.length; i++) {
        const weight = weights[i]!;
        red += rgb[from++]! * weight;
        green += rgb[from++]! * weight;
        blue += rgb[from++]! * weight;
      }
      out[to++] = toByte(red);
      out[to++] = toByte(green);
      out[to++] = toByte(blue);
    }
  }
  return out;
}

function shorten(rgb: Uint8Array, stride: number, down: readonly Weights[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(down.length * stride);
  down.forEach(({ start, weights }, row) => {
    for (let at = 0; at < stride; at++) {
      let sum = HALF;
      for (let i = 0, from = start * stride + at; i < weights.length; i++, from += stride) {
        sum += rgb[from]! * weights[i]!;
      }
      out[row * stride + at] = toByte(sum);
    }
  });
  return out;
}

/** The weights of the pixels that make up each of `to` px: a triangle, widened on reduction. */
function weigh(from: number, to: number): Weights[] {
  if (from === to) {
    return Array.from({ length: to }, (_, start) => ({ start, weights: Int32Array.of(1 << PRECISION) }));
  }
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const center = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const shares = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs((i + start - center + 0.5) * (1 / support))),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return { start, weights: Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * (1 << PRECISION))) };
  });
}

function toByte(sum: number): number {
  return Math.min(255, Math.max(0, sum >> PRECISION));
}
