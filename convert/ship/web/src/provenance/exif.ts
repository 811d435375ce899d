/** What EXIF and IPTC's binary datasets say; as fakelens.edge_runtime.provenance.statements.exif and iptc. */

import { findZero, number, startsWith, utf16, utf8 } from './bytes';
import { dropRepeated, quote, type Evidence, type Strength } from './evidence';
import { judgeCredit } from './labels';
import { judgeSoftware, judgeText, judgeWorkflow } from './texts';
import { readTags, type Tags } from './tiff';

const DESCRIPTION = 0x010e, MAKE = 0x010f, MODEL = 0x0110, SOFTWARE = 0x0131, ARTIST = 0x013b;
const EXPOSURE = [0x829a, 0x829d, 0x8827]; // time, aperture, ISO
const TEXTS = [[DESCRIPTION, 'ImageDescription'], [0x9286, 'UserComment'], [0x927c, 'MakerNote']] as const;
const GROK_SIGNATURE = /^Signature: [A-Za-z0-9+/=]{40,}\s*$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_DATASETS = 50_000; // a keyword is one
const MOST_LENGTH_BYTES = 4; // of a long dataset

/** Return what the TIFF structure `data` says. */
export function readExif(data: Uint8Array, where: string): Evidence[] {
  return judgeTags(readTags(data), where);
}

/** Return what the tags of a TIFF structure say. */
export function judgeTags({ values, little }: Tags, where: string): Evidence[] {
  const text = (tag: number) => {
    const value = values.get(tag) ?? new Uint8Array();
    return utf8(value.subarray(0, findZero(value))).trim();
  };
  const say = (strength: Strength, what: string, words: string): Evidence => ({ source: 'exif', strength, what, words: quote(words), where });
  const make = text(MAKE), model = text(MODEL), description = text(DESCRIPTION), artist = text(ARTIST);
  const found = judgeSoftware(text(SOFTWARE), 'exif', `Software, ${where}`);
  if (make.toLowerCase() === 'ideogram ai') found.push(say('declares-generated', 'the field for its camera names a generator', make));
  else if (make && model && !make.startsWith('{') && EXPOSURE.some((tag) => values.has(tag))) {
    const words = model.startsWith(make) ? model : `${make} ${model}`;
    found.push(say('speaks-for-a-camera', 'its EXIF names a camera and the exposure', words));
  }
  if (GROK_SIGNATURE.test(description) && UUID.test(artist)) {
    const what = 'holds a signature and number as Grok writes them';
    found.push(say('declares-generated', what, `${description.slice(0, 40)} ${artist}`));
  }
  for (const [tag, name] of TEXTS) {
    const words = decode(values.get(tag) ?? new Uint8Array(), little);
    if (words) found.push(...judgeText(name, words, 'exif', `${name}, ${where}`));
  }
  for (const [tag, name] of [[DESCRIPTION, 'ImageDescription'], [MAKE, 'Make'], [MODEL, 'Model']] as const) {
    const [key = '', ...rest] = text(tag).split(':');
    if (/^(prompt|workflow)$/i.test(key)) found.push(...judgeWorkflow(rest.join(':'), 'exif', `${name}, ${where}`));
  }
  return dropRepeated(found);
}

/** Return the text of a field; a user comment begins with the name of its encoding. */
function decode(value: Uint8Array, little: boolean): string {
  const strip = (text: string) => text.replace(/^[\0 ]+|[\0 ]+$/g, '');
  const body = value.subarray(8);
  if (startsWith(value, 'UNICODE\0')) {
    const texts = (['le', 'be'] as const).map((order) => utf16(body.subarray(0, body.length & ~1), order));
    const [first = '', second = ''] = little ? texts : texts.reverse();
    const plain = (text: string) => Array.from(text.slice(0, 1000)).filter((char) => char < '\x7f').length;
    return strip(plain(second) > plain(first) ? second : first);
  }
  const named = startsWith(value, 'ASCII\0\0\0') || startsWith(value, '\0'.repeat(8));
  return strip(utf8(named ? body : value));
}

/** Return what IPTC's datasets say: the credit line and the program. */
export function readIptc(data: Uint8Array, where: string): Evidence[] {
  const found: Evidence[] = [];
  let at = 0;
  for (let step = 0; step < MOST_DATASETS && data[at] === 0x1c && at + 5 <= data.length; step++) {
    let start = at + 5, length = number(data, at + 3, 2);
    if (length & 0x8000) { // 32 KB or longer: so many bytes hold the length
      const lengthBytes = length & 0x7fff;
      if (lengthBytes > MOST_LENGTH_BYTES) break;
      length = number(data, start, lengthBytes);
      start += lengthBytes;
    }
    const text = utf8(data.subarray(start, start + length));
    if (data[at + 1] === 2 && data[at + 2] === 110) found.push(...judgeCredit(text, 'iptc', where));
    else if (data[at + 1] === 2 && data[at + 2] === 65) found.push(...judgeSoftware(text, 'iptc', where));
    at = start + length;
  }
  return found;
}
