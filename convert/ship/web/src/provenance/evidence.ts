/** One statement that a file makes of itself; the same as fakelens.edge_runtime.provenance.evidence. */

export type Strength = 'declares-generated' | 'declares-edited' | 'speaks-for-a-camera' | 'note';
export type Source = 'c2pa' | 'xmp' | 'iptc' | 'exif' | 'text' | 'trailer' | 'file';

export interface Evidence {
  readonly source: Source;
  readonly strength: Strength;
  readonly what: string; // one sentence of ours
  readonly words: string; // the file's own, escaped and cut
  readonly where: string;
}

export const STRENGTHS: readonly Strength[] = ['declares-generated', 'declares-edited', 'speaks-for-a-camera', 'note'];
export const NO_STATEMENT = 'no statement found: most real and most fake pictures have none';
const MOST_WORDS = 160; // characters
const MOST_STATEMENTS = 100; // of one file that are shown; a file has a handful

/** Return `text` fit to be shown: blanks joined, what cannot be printed escaped, cut. */
export function quote(text: string, most = MOST_WORDS): string {
  const joined = Array.from(text).slice(0, 4 * most).join('').split(/[\s\x1c-\x1f\x85]+/).filter(Boolean).join(' ');
  const shown = Array.from(joined, (char) => (/[\p{C}\p{Z}]/u.test(char) && char !== ' ' ? escapeChar(char) : char));
  const chars = Array.from(shown.join(''));
  return chars.length <= most ? chars.join('') : `${chars.slice(0, most - 1).join('')}…`;
}

function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

export function declaresGenerated(evidence: readonly Evidence[]): boolean {
  return evidence.some(({ strength }) => strength === 'declares-generated');
}

/** Return `evidence` with a note where it names a camera and a generator. */
export function addContradictions(evidence: readonly Evidence[]): readonly Evidence[] {
  const camera = evidence.find(({ strength }) => strength === 'speaks-for-a-camera');
  if (!camera || !declaresGenerated(evidence)) return evidence;
  const what = 'contradiction: the file names a camera and a generator';
  return [...evidence, { source: 'file', strength: 'note', what, words: camera.words, where: '' }];
}

/** Return the strongest of `evidence`, in their order, with a note where there are more than are shown. */
export function showStrongest(evidence: readonly Evidence[]): readonly Evidence[] {
  if (evidence.length <= MOST_STATEMENTS) return evidence;
  const strongest = STRENGTHS.flatMap((strength) => evidence.filter((item) => item.strength === strength));
  const shown = new Set(strongest.slice(0, MOST_STATEMENTS - 1));
  const more = (evidence.length - shown.size).toLocaleString('en-US');
  const note = { source: 'file', strength: 'note', what: `says ${more} things more, which are not shown`, words: '', where: '' } as const;
  return [...evidence.filter((item) => shown.has(item)), note];
}

/** Leave out what was said already, word for word. */
export function dropRepeated(evidence: readonly Evidence[]): Evidence[] {
  return [...new Map(evidence.map((item) => [JSON.stringify(item), item])).values()];
}
