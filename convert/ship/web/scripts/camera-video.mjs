// A video for Chromium to take for a camera: a pattern that moves, with some noise as of a sensor.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Write `frames` frames of `width` x `height` px at 30 a second as YUV4MPEG2; return the path. */
export function writeVideo(path, width = 640, height = 480, frames = 30) {
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`)];
  let seed = 1;
  for (let frame = 0; frame < frames; frame++) {
    const pixels = Buffer.alloc((width * height * 3) / 2, 128); // grey: what follows the brightness is colour
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        const wave = 90 * Math.sin((x + frame * 8) / 23) * Math.sin(y / 31);
        pixels[y * width + x] = 128 + wave + ((seed >> 16) % 17) - 8;
      }
    }
    parts.push(Buffer.from('FRAME\n'), pixels);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
