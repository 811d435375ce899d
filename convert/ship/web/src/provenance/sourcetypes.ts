/** The vocabulary of digital source types (IPTC newscodes, and C2PA's additions): what each says. */

import type { Strength } from './evidence';

const BASES = ['cv.iptc.org/newscodes/digitalsourcetype/', 'c2pa.org/digitalsourcetype/'];
const MEANINGS: Readonly<Record<string, readonly [Strength, string]>> = {
  trainedAlgorithmicMedia: ['declares-generated', 'made by generative AI'],
  trainedAlgorithmicData: ['declares-generated', 'made by generative AI'],
  compositeWithTrainedAlgorithmicMedia: ['declares-edited', 'edited with generative AI'],
  compositeSynthetic: ['declares-edited', 'a composite with synthetic parts'],
  digitalCapture: ['speaks-for-a-camera', 'captured by a digital camera'],
  computationalCapture: ['speaks-for-a-camera', 'captured by a camera that computes'],
  compositeCapture: ['speaks-for-a-camera', 'a composite of captured pictures'],
  negativeFilm: ['speaks-for-a-camera', 'scanned from film'],
  positiveFilm: ['speaks-for-a-camera', 'scanned from film'],
  print: ['speaks-for-a-camera', 'scanned from a print'],
  algorithmicMedia: ['note', 'made by an algorithm that was not trained, which is not AI'],
  algorithmicallyEnhanced: ['note', 'enhanced by an algorithm'],
};

/** Return what the address of a source type says; nothing where it is none. */
export function readSourceType(value: string): { strength: Strength; meaning: string; name: string } | undefined {
  const base = BASES.find((address) => value.includes(`://${address}`));
  const name = base ? value.slice(value.indexOf(base) + base.length) : '';
  if (!name) return undefined;
  const known = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  const [strength, meaning] = known ?? (['note', 'of a kind that says nothing of AI or cameras'] as const);
  return { strength, meaning, name };
}
