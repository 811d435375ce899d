/** Where the tiles of a picture lie, and what their scores say together: the rule of fakelens.edge_runtime.tiles. */

import type { InputSpec, Pool } from './contract';

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

/**
 * Return the places of the tiles, row by row: as many as fit side by side, spread from edge to edge; while that
 * is over `spec.tiles`, the direction whose tiles stand closer loses one.
 */
export function placeTiles(width: number, height: number, spec: InputSpec): Place[] {
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

/** Return P(fake) of a picture from that of its tiles: the mean of all or of the highest logits; one alone is it. */
export function poolScores(scores: readonly number[], pool: Pool): number {
  const [only] = scores;
  if (only === undefined) throw new Error('no tile has a score');
  if (scores.length === 1) return only;
  let logits = scores
    .map((score) => Math.min(1 - SUREST, Math.max(SUREST, score)))
    .map((score) => Math.log(score / (1 - score)))
    .sort((a, b) => a - b);
  if (pool === 'top') logits = logits.slice(-Math.max(1, Math.floor(logits.length / TOP_SHARE)));
  return 1 / (1 + Math.exp(-logits.reduce((sum, logit) => sum + logit, 0) / logits.length));
}

function spread(room: number, count: number): number[] {
  if (room <= 0) return [0];
  if (count === 1) return [Math.floor(room / 2)];
  return Array.from({ length: count }, (_, step) => Math.floor((step * room) / (count - 1)));
}

function cross(lefts: readonly number[], tops: readonly number[]): Place[] {
  return tops.flatMap((top) => lefts.map((left) => ({ left, top })));
}
