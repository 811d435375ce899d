/** The pixels of a decoded bitmap, read through a canvas without any scaling or colour conversion. */

import type { PixelSource } from './pixels';

const LARGEST = 16_000_000; // px of a canvas; Safari on a phone refuses more

type Context = OffscreenCanvasRenderingContext2D;

/** An opaque bitmap; a large one is drawn part by part as it is read. Close it after use. */
export class BitmapPixels implements PixelSource {
  readonly width: number;
  readonly height: number;
  private readonly whole: Context | undefined;

  constructor(private readonly bitmap: ImageBitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    if (this.width * this.height > LARGEST) return;
    this.whole = openContext(this.width, this.height);
    this.whole.drawImage(bitmap, 0, 0);
  }

  read(left: number, top: number, width: number, height: number): Uint8ClampedArray {
    if (this.whole) return this.whole.getImageData(left, top, width, height).data;
    const part = openContext(width, height);
    part.drawImage(this.bitmap, -left, -top);
    return part.getImageData(0, 0, width, height).data;
  }

  close(): void {
    this.bitmap.close();
  }
}

function openContext(width: number, height: number): Context {
  // Frequent reading keeps it in main memory: a canvas on the GPU costs a transfer for each tile.
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser gives no canvas to read pixels from');
  return context;
}
