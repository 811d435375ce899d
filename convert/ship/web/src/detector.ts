/** From pixels to scores: whole pictures as fakelens.edge_runtime.detection.detector, frames within a time budget. */

import { findReason, measureCondition, measureTexture, toLuma, type Reason } from './condition';
import { listViews, type Contract, type FitSpec, type InputSpec } from './contract';
import { cutTile, dropAlpha, type PixelSource } from './pixels';
import { resizeBilinear } from './resample';
import { fuseViews, placeGrid, placeTiles, poolScores, weighTexture, type Place, type Region } from './tiles';

/** What the model says of a tile, RGB bytes [size, size, 3], seen by the view of that number. */
export type Score = (tile: Uint8Array<ArrayBuffer>, view: number) => Promise<number>;

export interface ViewScore {
  readonly name: string;
  readonly pFake: number;
}

export interface Scored {
  readonly pFake: number;
  readonly regions: readonly Region[]; // of the first view; empty where it looks at the picture as a whole
  readonly views: readonly ViewScore[]; // empty where the model has one
}

/** Return the score of a whole picture. */
export async function scorePicture(source: PixelSource, spec: InputSpec, score: Score): Promise<Scored> {
  const first = await look(source, spec, score, 0);
  return fuse(spec, first.regions, [first.pFake, ...(await lookOtherwise(source, spec, score))]);
}

/** Return why there is nothing left to see in a picture, by the limits of the contract. */
export function judgeCondition(source: PixelSource, contract: Contract): Reason | undefined {
  const { condition } = contract.decision;
  return condition ? findReason(measureCondition(source), condition) : undefined;
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
  private tiles: (WeighedRegion | undefined)[] = [];
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
    if (size !== this.size) [this.size, this.tiles, this.next] = [size, places.map(() => undefined), 0];
    const others = await lookOtherwise(source, spec, this.score); // they see every frame
    const tilesStart = this.clock(), left = budgetMs - (tilesStart - start);
    let checked = 0;
    while (checked < places.length) {
      this.tiles[this.next] = await weighTile(source, places[this.next]!, spec, this.score, 0);
      this.next = (this.next + 1) % places.length;
      checked += 1;
      if (((this.clock() - tilesStart) * (checked + 1)) / checked > left) break;
    }
    const tiles = this.tiles.filter((tile) => tile !== undefined);
    const regions = tiles.map((tile) => tile.region);
    return { ...fuse(spec, regions, [poolTiles(tiles, spec), ...others]), checked };
  }
}

interface WeighedRegion {
  readonly region: Region;
  readonly weight: number;
}

function fuse(spec: InputSpec, regions: readonly Region[], scores: readonly number[]): Scored {
  const views = spec.views?.map(({ name }, at) => ({ name, pFake: scores[at]! })) ?? [];
  return { pFake: fuseViews(scores, spec.fusion), regions, views };
}

/** Return what one view says of a picture. */
async function look(
  source: PixelSource, spec: FitSpec, score: Score, view: number,
): Promise<{ readonly pFake: number; readonly regions: readonly Region[] }> {
  if (spec.fit === 'resize') return { pFake: await score(fitWhole(source, spec.size), view), regions: [] };
  const tiles: WeighedRegion[] = [];
  for (const place of placeTiles(source.width, source.height, spec)) {
    tiles.push(await weighTile(source, place, spec, score, view));
  }
  return { pFake: poolTiles(tiles, spec), regions: tiles.map((tile) => tile.region) };
}

/** Return what each view but the first says of a picture. */
async function lookOtherwise(source: PixelSource, spec: InputSpec, score: Score): Promise<number[]> {
  const scores: number[] = [];
  for (const [at, other] of listViews(spec).slice(1).entries()) {
    scores.push((await look(source, other, score, at + 1)).pFake);
  }
  return scores;
}

function poolTiles(tiles: readonly WeighedRegion[], { pool }: FitSpec): number {
  return poolScores(tiles.map(({ region }) => region.pFake), pool, tiles.map(({ weight }) => weight));
}

async function weighTile(
  source: PixelSource, place: Place, { size, pool }: FitSpec, score: Score, view: number,
): Promise<WeighedRegion> {
  const tile = cutTile(source, place, size);
  const weight = pool === 'texture' ? weighTexture(measureTexture(toLuma(tile, 3), size)) : 1;
  return { region: { ...place, size, pFake: await score(tile, view) }, weight };
}

async function scoreTile(source: PixelSource, place: Place, size: number, score: Score): Promise<Region> {
  return { ...place, size, pFake: await score(cutTile(source, place, size), 0) };
}

function fitWhole(source: PixelSource, size: number): Uint8Array<ArrayBuffer> {
  if (source.width !== size || source.height !== size) return resizeBilinear(source, size);
  return dropAlpha(source.read(0, 0, size, size));
}
