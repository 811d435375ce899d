/** From the bytes of a picture to upright pixels: decode, orient, transparent over white; no colour conversion. */

import { BitmapPixels } from './canvas';
import { ArrayPixels, layOverWhite, type PixelSource } from './pixels';
import { readUnmultiplied } from './translucent';

const MOST_PIXELS = 100_000_000; // a 100-megapixel photo passes
const OPAQUE_TYPES = new Set(['image/jpeg', 'image/bmp']);

/** A decoded picture; close it after use. */
export interface Picture {
  readonly source: PixelSource;
  close(): void;
}

/** A picture that cannot be checked; its message is for the person who chose it. */
export class PictureError extends Error {}

/** Decode `blob` to the pixels that fakelens has on a computer; `PictureError` where that is not possible. */
export async function decodePicture(blob: Blob): Promise<Picture> {
  if (blob.size === 0) throw new PictureError('The file is empty.');
  const bitmap = await openBitmap(blob);
  if (bitmap.width * bitmap.height > MOST_PIXELS) {
    const message = `${bitmap.width} × ${bitmap.height} px is over the limit of 100 megapixels. Crop the picture first.`;
    bitmap.close();
    throw new PictureError(message);
  }
  const pixels = new BitmapPixels(bitmap);
  if (OPAQUE_TYPES.has(blob.type) || isOpaque(pixels)) return { source: pixels, close: () => pixels.close() };
  const { width, height } = pixels;
  const rgba = readUnmultiplied(bitmap) ?? pixels.read(0, 0, width, height);
  pixels.close();
  layOverWhite(rgba);
  return { source: new ArrayPixels(width, height, rgba), close: () => undefined };
}

async function openBitmap(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
      imageOrientation: 'from-image',
    });
  } catch {
    throw new PictureError(
      'This is no picture that the browser can open: damaged, incomplete, or of a kind it does not know. ' +
        'Try a JPEG, PNG or WebP file.',
    );
  }
}

function isOpaque(source: PixelSource): boolean {
  const rows = 256;
  for (let top = 0; top < source.height; top += rows) {
    const part = source.read(0, top, source.width, Math.min(rows, source.height - top));
    for (let at = 3; at < part.length; at += 4) if (part[at] !== 255) return false;
  }
  return true;
}
