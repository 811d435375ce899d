/** What C2PA manifests say, read by their structure; as fakelens.edge_runtime.provenance.credentials.c2pa. */

import { findZero, latin1, number, utf8 } from './bytes';
import { decodeCbor, type Cbor } from './cbor';
import { dropRepeated, quote, type Evidence } from './evidence';
import { readSourceType } from './sourcetypes';

const MOST_DEPTH = 16;
const MOST_BOXES = 50_000;
const HEAD_BYTES = 8; // of a box
const MOST_ASSERTION_BYTES = 128 << 10;
const MOST_DECODED_BYTES = 512 << 10;
const READ = ['c2pa.claim', 'c2pa.actions', 'c2pa.ingredient', 'stds.iptc']; // labels that are read begin so
const BEGINNINGS = ['c2pa.created', 'c2pa.opened'];
const STORE = 'c2pa';

interface Content {
  readonly labels: readonly string[]; // of the boxes around it
  readonly kind: string;
  readonly data: Uint8Array;
}

interface Manifest {
  generator: string;
  signed: boolean;
  isDamaged: boolean; // a part of it is missing, or cannot be read
  readonly assertions: Content[]; // as they stand there
  actions: { name: string; sourceType: string; software: string }[];
  ingredients: { relationship: string; label: string }[];
}

/** How a box ends, by the lengths that it and the boxes inside it declare. */
interface End {
  readonly last: string | undefined; // the label of the last box inside, where none is missing
  readonly isCut: boolean; // a part of the last box is missing
}

/** Return what the JUMBF boxes `data` say: each statement, and a note that they are there. */
export function readC2pa(data: Uint8Array, where: string): Evidence[] {
  const manifests = readManifests(data);
  if (!manifests.size) return [];
  const { own, components } = trace(manifests, findActive(data, manifests));
  let found = [...judge(own, where)];
  if (found.some(({ strength }) => strength === 'declares-generated')) {
    found = found.filter(({ strength }) => strength !== 'declares-edited');
  } else {
    for (const item of judge(components, where)) {
      if (item.strength === 'speaks-for-a-camera') continue;
      const what = 'its Content Credentials name a part that was made or edited by generative AI';
      found.push({ ...item, strength: 'declares-edited', what });
    }
  }
  const named = own.map(({ generator }) => generator).reverse().find(Boolean) ?? '';
  const held = own.some(({ signed }) => signed) ? 'holds Content Credentials' : 'holds unsigned Content Credentials';
  const gone = 'holds Content Credentials without those of the picture itself: cut, or not readable';
  const what = own.length ? held : gone;
  return [...dropRepeated(found), { source: 'c2pa', strength: 'note', what, words: quote(named), where }];
}

function* judge(manifests: readonly Manifest[], where: string): Generator<Evidence> {
  for (const { actions, generator, isDamaged } of manifests) {
    const begun = isDamaged || actions.some(({ name }) => BEGINNINGS.includes(name));
    for (const { name, sourceType, software } of actions) {
      const read = readSourceType(sourceType);
      if (!read || read.strength === 'note') continue;
      let { strength, meaning } = read;
      if (strength === 'declares-generated' && begun && name !== 'c2pa.created') {
        [strength, meaning] = ['declares-edited', 'edited with generative AI'];
      }
      if (strength === 'speaks-for-a-camera' && name !== 'c2pa.created') continue;
      const words = quote([software || generator, read.name].filter(Boolean).join(', '));
      yield { source: 'c2pa', strength, what: `its Content Credentials say: ${meaning}`, words, where };
    }
  }
}

/** Return the label of the picture's own manifest, the last of the store, where it is there. */
function findActive(data: Uint8Array, manifests: ReadonlyMap<string, Manifest>): string | undefined {
  const end = findEnd(data, STORE);
  if (!end) return [...manifests.keys()].at(-1);
  const own = manifests.get(end.last ?? '');
  if (end.last === undefined || !own) return undefined; // what stands before is of pictures that went into this one
  own.isDamaged ||= end.isCut;
  return end.last;
}

/** Return the `active` manifest with those of its parents, and all components. */
function trace(
  manifests: ReadonlyMap<string, Manifest>, active: string | undefined,
): { own: Manifest[]; components: Manifest[] } {
  if (active === undefined) return { own: [], components: [...manifests.values()] };
  const seen = new Set<string>();
  const own = follow(manifests, [active], seen, true);
  const components = follow(manifests, own.flatMap(({ ingredients }) => ingredients.map(({ label }) => label)), seen, false);
  return { own, components };
}

/** Return the manifests that `waiting` leads to, past those `seen`, which grow. */
function follow(
  manifests: ReadonlyMap<string, Manifest>, waiting: string[], seen: Set<string>, parentsAlone: boolean,
): Manifest[] {
  const found: Manifest[] = [];
  for (let label = waiting.pop(); label !== undefined; label = waiting.pop()) {
    const manifest = manifests.get(label);
    if (!manifest || seen.has(label)) continue;
    seen.add(label);
    found.push(manifest);
    const { actions, ingredients, isDamaged } = manifest;
    const isWrapper = !actions.length && !isDamaged && ingredients.length === 1; // OpenAI's of 2024
    for (const { relationship, label: ingredient } of ingredients) {
      if (!parentsAlone || isWrapper || relationship === 'parentOf') waiting.push(ingredient);
    }
  }
  return found;
}

function readManifests(data: Uint8Array): Map<string, Manifest> {
  const manifests = findManifests(data);
  let bytesLeft = MOST_DECODED_BYTES;
  for (const manifest of [...manifests.values()].reverse()) { // the picture's own is the last, before it its parents
    for (const content of manifest.assertions) {
      const length = content.data.length;
      if (length <= Math.min(bytesLeft, MOST_ASSERTION_BYTES)) {
        bytesLeft -= length;
        readAssertion(content, manifest);
      } else manifest.isDamaged = true;
    }
  }
  return manifests;
}

function findManifests(data: Uint8Array): Map<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const content of walkJumbf(data)) {
    const { labels, kind } = content;
    if (!labels.some((label) => label.includes('c2pa'))) continue;
    const name = labels.length > 2 && labels[0] === STORE ? (labels[1] ?? '') : '';
    const manifest = manifests.get(name)
      ?? { generator: '', signed: false, isDamaged: false, assertions: [], actions: [], ingredients: [] };
    manifests.set(name, manifest);
    const last = labels.at(-1) ?? '';
    if (last === 'c2pa.signature') manifest.signed = true;
    else if (READ.some((begin) => last.startsWith(begin)) && (kind === 'cbor' || kind === 'json')) manifest.assertions.push(content);
  }
  return manifests;
}

function readAssertion(content: Content, manifest: Manifest): void {
  const label = (content.labels.at(-1) ?? '').split('__')[0] ?? '';
  const body = toMap(decode(content));
  if (!body) {
    manifest.isDamaged = true;
  } else if (label.startsWith('c2pa.claim')) {
    manifest.generator = toName(body['claim_generator_info']) || toName(body['claim_generator']);
  } else if (label.startsWith('c2pa.actions')) {
    for (const item of Array.isArray(body['actions']) ? body['actions'] : []) {
      const action = toMap(item);
      if (!action) continue;
      manifest.actions.push({
        name: toText(action['action']),
        sourceType: toText(action['digitalSourceType']),
        software: toName(action['softwareAgent']),
      });
    }
  } else if (label.startsWith('c2pa.ingredient')) {
    const address = toText(toMap(body['activeManifest'] || body['c2pa_manifest'])?.['url']);
    const ingredient = address.split('/c2pa/')[1]?.split('/')[0] ?? '';
    manifest.ingredients.push({ relationship: toText(body['relationship']), label: ingredient });
  } else if (label === 'stds.iptc') {
    const sourceType = toText(body['Iptc4xmpExt:DigitalSourceType']);
    manifest.actions.push({ name: 'c2pa.created', sourceType, software: '' });
  }
}

function decode({ kind, data }: Content): Cbor | undefined {
  try {
    return kind === 'cbor' ? decodeCbor(data) : (JSON.parse(utf8(data).replace(/^\ufeff/, '')) as Cbor);
  } catch {
    return undefined; // damaged: it says nothing
  }
}

function toMap(value: Cbor | undefined): { [key: string]: Cbor } | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isMap ? value : undefined;
}

function toName(value: Cbor | undefined): string {
  const one = Array.isArray(value) ? value[0] : value;
  return toText(toMap(one)?.['name'] ?? one);
}

function toText(value: Cbor | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Return the end of the last box that is called `label` and lies in no other, where there is one. */
function findEnd(data: Uint8Array, label: string): End | undefined {
  let found: End | undefined, boxes = 0;
  for (const { kind, content, end } of split(data)) {
    if (++boxes > MOST_BOXES) break;
    if (kind !== 'jumb' || findLabel(content) !== label) continue;
    found = findEndInside(content, content.length + Math.max(0, end - data.length));
  }
  return found;
}

function findEndInside(content: Uint8Array, declaredBytes: number): End {
  let left = declaredBytes, boxes = 0;
  let last: string | undefined;
  for (const { kind, content: inside, end } of split(content)) {
    if (++boxes > MOST_BOXES) break;
    left = declaredBytes - end;
    if (kind === 'jumb') last = findLabel(inside);
  }
  const hasRoom = left >= HEAD_BYTES; // for one more box, which is not there or cannot be read
  return { last: hasRoom ? undefined : last, isCut: declaredBytes > content.length || left < 0 };
}

function findLabel(content: Uint8Array): string {
  for (const { kind, content: described } of split(content)) return kind === 'jumd' ? readLabel(described) : '';
  return '';
}

/** Yield the content boxes inside `data` in their order; what is damaged or too deep is left out. */
function* walkJumbf(data: Uint8Array): Generator<Content> {
  const waiting: { inside: Uint8Array; outer: readonly string[] }[] = [{ inside: data, outer: [] }];
  let boxes = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    let labels = next.outer;
    const nested: typeof waiting = [];
    for (const { kind, content } of split(next.inside)) {
      if (++boxes > MOST_BOXES) return;
      if (kind === 'jumd') labels = [...next.outer, readLabel(content)];
      else if (kind !== 'jumb') yield { labels, kind, data: content };
      else if (labels.length < MOST_DEPTH) nested.push({ inside: content, outer: labels });
    }
    waiting.push(...nested.reverse());
  }
}

/** Yield the kind and the content of each box, and where it says that it ends. */
function* split(data: Uint8Array): Generator<{ kind: string; content: Uint8Array; end: number }> {
  let at = 0;
  while (at + HEAD_BYTES <= data.length) {
    let length = number(data, at, 4), head = HEAD_BYTES;
    if (length === 1) [length, head] = [number(data, at + 8, 8), 16];
    length ||= data.length - at;
    if (length < head) return;
    yield { kind: latin1(data.subarray(at + 4, at + 8)), content: data.subarray(at + head, at + length), end: at + length };
    at += length;
  }
}

function readLabel(description: Uint8Array): string {
  if (description.length < 18 || !((description[16] ?? 0) & 2)) return '';
  const label = description.subarray(17, 256);
  return utf8(label.subarray(0, Math.min(findZero(label), 200)));
}
