/** Where the tiles of a picture lie, and what their scores say together: the rule of fakelens.edge_runtime.pictures.tiles. */

import type { FitSpec, Fusion, Pool } from './contract';

export interface Place {
  readonly left: number; // px, of the upright picture
  readonly top: number;
}

/** A tile of a picture, and what the model says of it alone. */
export interface Region extends Place {
  readonly size: number; // px; it may reach over the edge of a picture smaller than a tile
  readonly pFake: number;
}

// A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
const SUREST = 1 / 512;
const TOP_SHARE = 4; // the highest quarter
// Of a tile's texture, in grey levels a px, when it weighs the tile.
const LEAST_TEXTURE = 1;
const MOST_TEXTURE = 8;

/**
 * Return the places of the tiles, row by row: as many as fit side by side, spread from edge to edge; while that
 * is over `spec.tiles`, the direction whose tiles stand closer loses one.
 */
export function placeTiles(width: number, height: number, spec: FitSpec): Place[] {
  let columns = Math.max(1, Math.floor(width / spec.size));
  let rows = Math.max(1, Math.floor(height / spec.size));
  while (columns * rows > spec.tiles) {
    if (rows === 1 || (columns > 1 && width * rows <= height * columns)) columns -= 1;
    else rows -= 1;
  }
  return cross(spread(width - spec.size, columns), spread(height - spec.size, rows));
}

/**
 * Return the places of tiles of `size` px that overlap by half, spread from edge to edge; where that would be
 * over `most` they stand farther apart. For maps, not for verdicts.
 */
export function placeGrid(width: number, height: number, size: number, most: number): Place[] {
  const count = (side: number, step: number) => Math.max(0, Math.ceil((side - size) / step)) + 1;
  let step = Math.max(1, Math.floor(size / 2));
  while (count(width, step) * count(height, step) > most) step += Math.max(1, Math.floor(step / 8));
  return cross(spread(width - size, count(width, step)), spread(height - size, count(height, step)));
}

/** Return what a tile of this texture weighs when tiles are pooled by it. */
export function weighTexture(texture: number): number {
  return Math.min(MOST_TEXTURE, Math.max(LEAST_TEXTURE, texture));
}

/**
 * Return P(fake) of a picture from that of its tiles: the mean of all logits, of the highest, or of all with
 * `weights`; one alone is it.
 */
export function poolScores(scores: readonly number[], pool: Pool, weights: readonly number[] = []): number {
  const [only] = scores;
  if (only === undefined) throw new Error('no tile has a score');
  if (scores.length === 1) return only;
  let logits = scores.map(toLogit);
  if (pool === 'texture') {
    if (weights.length !== scores.length) throw new Error('tiles are weighed by their texture: give the weights');
    const weighed = logits.reduce((sum, logit, at) => sum + weights[at]! * logit, 0);
    return toProbability(weighed / weights.reduce((sum, weight) => sum + weight, 0));
  }
  logits.sort((a, b) => a - b);
  if (pool === 'top') logits = logits.slice(-Math.max(1, Math.floor(logits.length / TOP_SHARE)));
  return toProbability(logits.reduce((sum, logit) => sum + logit, 0) / logits.length);
}

/** Return P(fake) of a picture from that of its views, in their order. */
export function fuseViews(scores: readonly number[], fusion: Fusion | undefined): number {
  const [first] = scores;
  if (first === undefined) throw new Error('no view has a score');
  if (!fusion) return first;
  return toProbability(scores.reduce((sum, score, at) => sum + fusion.weights[at]! * toLogit(score), fusion.bias));
}

function toLogit(score: number): number {
  const clipped = Math.min(1 - SUREST, Math.max(SUREST, score));
  return Math.log(clipped / (1 - clipped));
}

function toProbability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function spread(room: number, count: number): number[] {
  if (room <= 0) return [0];
  if (count === 1) return [Math.floor(room / 2)];
  return Array.from({ length: count }, (_, step) => Math.floor((step * room) / (count - 1)));
}

function cross(lefts: readonly number[], tops: readonly number[]): Place[] {
  return tops.flatMap((top) => lefts.map((left) => ({ left, top })));
}
