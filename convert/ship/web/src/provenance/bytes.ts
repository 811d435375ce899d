/** Numbers and texts out of bytes; beyond the end there are zeros and nothing. */

export function number(bytes: Uint8Array, at: number, length: number, little = false): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[little ? at + length - 1 - i : at + i] ?? 0);
  return value;
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

export function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

export function utf16(bytes: Uint8Array, order: 'le' | 'be' = 'le'): string {
  return new TextDecoder(`utf-16${order}`, { ignoreBOM: true }).decode(bytes);
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return latin1(bytes.subarray(at, at + text.length)) === text;
}

/** Return where the next `byte` is; the end where there is none. */
export function find(bytes: Uint8Array, byte: number, from = 0): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

export function findZero(bytes: Uint8Array, from = 0): number {
  return find(bytes, 0, from);
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Return the first `most` bytes that `data` inflates to; what came before the damage where it is damaged or cut. */
export async function inflate(data: Uint8Array, most = 1 << 20): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate'));
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
      if (length >= most) {
        await reader.cancel();
        break;
      }
    }
  } catch {
    // what came before the damage is kept
  }
  return concat(pieces).subarray(0, most);
}
