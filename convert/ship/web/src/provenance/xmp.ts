/** What XMP says; as fakelens.edge_runtime.provenance.statements.xmp. A worker has no XML parser, hence a small one. */

import { latin1, utf16, utf8 } from './bytes';
import { dropRepeated, quote, type Evidence } from './evidence';
import { judgeAigcLabel, judgeCredit } from './labels';
import { readSourceType } from './sourcetypes';
import { judgeDescription, judgeSoftware } from './texts';

const MOST_BYTES = 1 << 20;
const HEAD_BYTES = 100; // among which a declaration names its encoding
const MOST_VALUES = 50_000; // of Photoshop's lists of ancestors there are thousands
const MOST_VALUE_CHARS = 64 << 10;
const EXTENSION = 'iptc.org/std/Iptc4xmpExt/2008-02-29/';
const RDF = 'www.w3.org/1999/02/22-rdf-syntax-ns#';
const AI_FIELDS = ['AISystemUsed', 'AISystemVersionUsed', 'AIPromptInformation', 'AIPromptWriterName'];
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g; // characters that XML does not know
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const TOKEN = new RegExp(
  [
    /<!--[^]*?-->/, /<\?[^]*?\?>/, /<!\[CDATA\[([^]*?)\]\]>/, // comments, instructions, literal text
    /<(\/?)([^\s<>/=!?]+)((?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/, // tags
    /([^<]+)/, // text; a document type ends the reading, since XMP has none and an attack has
  ].map(({ source }) => source).join('|'),
  'y',
);
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
export const CREDENTIALS_NAMED = 'names Content Credentials that the file does not hold: stripped, or kept elsewhere';

interface Property {
  readonly space: string; // the namespace, without its http
  readonly name: string;
  readonly value: string;
}

/** Return what the XMP packet `data` says. */
export function readXmp(data: Uint8Array, where: string): Evidence[] {
  const found: Evidence[] = [];
  const aiFields = new Map<string, string>();
  for (const { space, name, value } of readProperties(decode(data))) {
    if (space === EXTENSION && (name === 'DigitalSourceType' || name === 'DigitalSourceFileType')) {
      const read = readSourceType(value);
      if (read) {
        const what = `its XMP gives the source type: ${read.meaning}`;
        found.push({ source: 'xmp', strength: read.strength, what, words: quote(read.name), where });
      }
    } else if (space === EXTENSION && AI_FIELDS.includes(name)) {
      if (!aiFields.has(name)) aiFields.set(name, value);
    } else if (name === 'AIGC' && space.toLowerCase().includes('tc260')) found.push(...judgeAigcLabel(value, 'xmp', where));
    else if (name === 'Credit' && space.includes('photoshop')) found.push(...judgeCredit(value, 'xmp', where));
    else if (name === 'CreatorTool' && space === 'ns.adobe.com/xap/1.0/') found.push(...judgeSoftware(value, 'xmp', where));
    else if (name === 'description' && space === 'purl.org/dc/elements/1.1/') found.push(...judgeDescription(value, 'xmp', where));
    else if (name === 'provenance' && space === 'purl.org/dc/terms/') {
      found.push({ source: 'xmp', strength: 'note', what: CREDENTIALS_NAMED, words: quote(value), where });
    }
  }
  const named = AI_FIELDS.map((name) => aiFields.get(name)).filter(Boolean);
  if (named.length) {
    const strength = found.some((item) => item.strength === 'declares-edited') ? 'declares-edited' : 'declares-generated';
    const what = 'its XMP names the AI system or the prompt behind the picture';
    found.push({ source: 'xmp', strength, what, words: quote(named.join('; ')), where });
  }
  return dropRepeated(found);
}

/** Return a packet as text; bytes of another encoding, as old programs write them into a title, are passed over. */
function decode(data: Uint8Array): string {
  const packet = data.subarray(Math.max(0, data.indexOf(0x3c)), MOST_BYTES);
  const text = packet[1] === 0 ? utf16(packet) : utf8(packet);
  return (text.includes('\ufffd') && namesLatin1(packet) ? latin1(packet) : text).replace(NO_XML, '\ufffd');
}

/** Whether a packet says that it is in Latin-1: often wrong, and asked where it is no UTF-8. */
function namesLatin1(packet: Uint8Array): boolean {
  const head = latin1(packet.subarray(0, HEAD_BYTES)).toLowerCase();
  return head.startsWith('<?xml') && head.includes('iso-8859-1');
}

/** Return the properties of a packet, those before the damage where it is damaged or cut. */
function readProperties(text: string): Property[] {
  const properties: Property[] = [];
  const open: { name: string; declared: string[] }[] = [];
  const spaces = new Map<string, string[]>(); // by prefix, the innermost last
  let words = '';

  /** Return `name` behind its namespace, where it has one; attributes have none by default. */
  function resolve(name: string, isElement = false): string {
    const at = name.indexOf(':');
    const space = at >= 0 || isElement ? spaces.get(name.slice(0, Math.max(0, at)))?.at(-1) : undefined;
    return space ? `${space}\n${name.slice(at + 1)}` : name;
  }

  function add(name: string, value: string): void {
    const at = name.lastIndexOf('\n'), kept = value.trim().slice(0, MOST_VALUE_CHARS);
    if (at >= 0 && kept) properties.push({ space: name.slice(0, at), name: name.slice(at + 1), value: kept });
  }

  function begin(tag: string, attributes: string): void {
    const pairs = Array.from(attributes.matchAll(ATTRIBUTE), ([, key = '', double, quoted]) => [key, decodeEntities(double ?? quoted ?? '')] as const);
    const declared: string[] = [];
    for (const [key, value] of pairs) {
      if (key !== 'xmlns' && !key.startsWith('xmlns:')) continue;
      const prefix = key.slice(6);
      const space = value.replace(/^http:\/\//, ''), outer = spaces.get(prefix);
      if (outer) outer.push(space);
      else spaces.set(prefix, [space]);
      declared.push(prefix);
    }
    const name = resolve(tag, true);
    words = '';
    open.push({ name, declared });
    for (const [key, value] of pairs) add(resolve(key) === `${RDF}\nresource` ? name : resolve(key), value);
  }

  function end(): void {
    const owner = open.slice(-4).reverse().find(({ name }) => !name.startsWith(RDF));
    if (words.trim() && owner) add(owner.name, words);
    words = '';
    for (const prefix of open.pop()?.declared ?? []) spaces.get(prefix)?.pop();
  }

  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token && properties.length < MOST_VALUES; token = TOKEN.exec(text)) {
    const [, literal, ending, tag, attributes = '', single, plain] = token;
    if ((plain || literal) && words.length < MOST_VALUE_CHARS) words += literal ?? decodeEntities(plain ?? '');
    if (tag && !ending) begin(tag, attributes);
    if (tag && (ending || single)) end();
    if (TOKEN.lastIndex >= text.length) break;
  }
  return properties;
}

function decodeEntities(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]{1,6}|\w{1,8});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
    const code = name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    const isHalf = code >= 0xd800 && code <= 0xdfff; // of a pair, and no character
    return code <= 0x10ffff && !isHalf ? String.fromCodePoint(code) : whole;
  });
}
