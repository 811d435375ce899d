/** From the bytes of an image file to all that its metadata say; the marks in pixels are left to Python. */

import { inflate, latin1, utf8 } from './bytes';
import { readC2pa } from './c2pa';
import { readParts } from './containers';
import { addContradictions, dropRepeated, showStrongest, type Evidence } from './evidence';
import { judgeTags, readExif, readIptc } from './exif';
import { judgeSamsungTrailer } from './labels';
import { findIptc, type Part } from './parts';
import { judgeText } from './texts';
import { CREDENTIALS_NAMED, readXmp } from './xmp';

const MOST_BYTES = 16 << 20; // of all parts that are judged, inflated
const MOST_INFLATED_BYTES = 128 << 20; // of all parts, those that are too large for the rest among them

/** Return what the image file `bytes` says of itself, in the order of the file. */
export async function readEvidence(bytes: Uint8Array): Promise<readonly Evidence[]> {
  let found: Evidence[] = [];
  let bytesLeft = MOST_BYTES, inflatedBytes = 0;
  for (const part of readParts(bytes)) {
    const data = part.packed ? await inflate(part.data) : part.data;
    inflatedBytes += data.length;
    if (inflatedBytes > MOST_INFLATED_BYTES) break;
    if (data.length > bytesLeft) continue; // texts may inflate to much more than the file
    bytesLeft -= data.length;
    found.push(...judge({ ...part, data }));
  }
  if (found.some(({ source }) => source === 'c2pa')) found = found.filter(({ what }) => what !== CREDENTIALS_NAMED);
  return addContradictions(showStrongest(dropRepeated(found)));
}

function judge({ kind, data, where, key = 'Comment', tags }: Part): Evidence[] {
  switch (kind) {
    case 'c2pa': return readC2pa(data, where);
    case 'xmp': return readXmp(data, where);
    case 'exif': return tags ? judgeTags(tags, where) : readExif(data, where);
    case 'iptc': return readIptc(data, where);
    case 'trailer': return judgeSamsungTrailer(data, where);
  }
  const profile = /^Raw profile type (\w+)$/.exec(key)?.[1]?.toLowerCase();
  return profile ? judgeProfile(profile, latin1(data), where) : judgeText(key, utf8(data), 'text', where);
}

/** Judge what ImageMagick writes as hexadecimal digits: a name, a length, then the digits. */
function judgeProfile(kind: string, text: string, where: string): Evidence[] {
  const digits = text.trim().split('\n').slice(2).join('').replace(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return [];
  const data = Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (kind === 'xmp') return readXmp(data, where);
  if (kind === 'exif' || kind === 'app1') return readExif(latin1(data.subarray(0, 6)) === 'Exif\0\0' ? data.subarray(6) : data, where);
  if (kind === 'iptc' || kind === '8bim') return [...findIptc(data, where)].flatMap((part) => readIptc(part.data, where));
  return [];
}
