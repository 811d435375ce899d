/** From pixels to scores: whole pictures as fakelens.edge_runtime.detector, frames within a time budget. */

import type { InputSpec } from './contract';
import { cutTile, dropAlpha, type PixelSource } from './pixels';
import { resizeBilinear } from './resample';
import { placeGrid, placeTiles, poolScores, type Place, type Region } from './tiles';

/** What the model says of a tile, RGB bytes [size, size, 3]. */
export type Score = (tile: Uint8Array<ArrayBuffer>) => Promise<number>;

export interface Scored {
  readonly pFake: number;
  readonly regions: readonly Region[]; // empty where the model looks at the picture as a whole
}

/** Return the score of a whole picture. */
export async function scorePicture(source: PixelSource, spec: InputSpec, score: Score): Promise<Scored> {
  if (spec.fit === 'resize') return { pFake: await score(fitWhole(source, spec.size)), regions: [] };
  const regions: Region[] = [];
  for (const place of placeTiles(source.width, source.height, spec)) {
    regions.push(await scoreTile(source, place, spec.size, score));
  }
  return { pFake: poolScores(regions.map((region) => region.pFake), spec.pool), regions };
}

/**
 * Yield what the model says of up to `most` overlapping tiles all over a picture; nothing where it looks at the
 * picture as a whole.
 */
export async function* mapRegions(
  source: PixelSource, spec: InputSpec, score: Score, most: number,
): AsyncGenerator<Region> {
  if (spec.fit === 'resize') return;
  for (const place of placeGrid(source.width, source.height, spec.size, most)) {
    yield await scoreTile(source, place, spec.size, score);
  }
}

/**
 * Checks frame after frame: the tiles of each one by one until the next would exceed the budget, at least one;
 * the following frame goes on where this one stopped. The score pools the latest score of every tile.
 */
export class FrameChecker {
  private size = '';
  private regions: (Region | undefined)[] = [];
  private next = 0;

  constructor(
    private readonly spec: InputSpec,
    private readonly score: Score,
    private readonly clock: () => number = () => performance.now(), // ms
  ) {}

  /** Return the score of a frame after at most about `budgetMs`; Infinity for all tiles. */
  async check(source: PixelSource, budgetMs: number): Promise<Scored & { readonly checked: number }> {
    const { spec } = this;
    if (spec.fit === 'resize') return { ...(await scorePicture(source, spec, this.score)), checked: 1 };
    const start = this.clock();
    const places = placeTiles(source.width, source.height, spec);
    const size = `${source.width} x ${source.height}`;
    if (size !== this.size) [this.size, this.regions, this.next] = [size, places.map(() => undefined), 0];
    let checked = 0;
    while (checked < places.length) {
      this.regions[this.next] = await scoreTile(source, places[this.next]!, spec.size, this.score);
      this.next = (this.next + 1) % places.length;
      checked += 1;
      if (((this.clock() - start) * (checked + 1)) / checked > budgetMs) break;
    }
    const regions = this.regions.filter((region) => region !== undefined);
    return { pFake: poolScores(regions.map((region) => region.pFake), spec.pool), regions, checked };
  }
}

async function scoreTile(source: PixelSource, place: Place, size: number, score: Score): Promise<Region> {
  return { ...place, size, pFake: await score(cutTile(source, place, size)) };
}

function fitWhole(source: PixelSource, size: number): Uint8Array<ArrayBuffer> {
  if (source.width !== size || source.height !== size) return resizeBilinear(source, size);
  return dropAlpha(source.read(0, 0, size, size));
}
