/** Whether this device computes what fakelens computed when the kit was written. */

import type { Client } from './client';
import type { Condition, Reason } from './condition';
import type { Contract } from './contract';
import type { Label } from './verdict';

export interface Vector {
  readonly file: string;
  readonly width: number; // px
  readonly height: number;
  readonly p_fake: number;
  readonly verdict: Label;
  readonly tiles: readonly { readonly left: number; readonly top: number; readonly p_fake: number; readonly weight: number }[];
  readonly views: readonly { readonly name: string; readonly p_fake: number }[];
  readonly condition: Condition;
  readonly reason: Reason | null;
}

/** The test pictures of the kit, vectors/vectors.json. */
export interface Vectors {
  readonly schema: number;
  readonly model: string;
  readonly model_sha256: string;
  readonly tolerance: number;
  readonly images: readonly Vector[];
}

export interface SelfCheck {
  readonly worst: number; // largest difference of a score, of a picture or one of its tiles
  readonly tolerance: number;
  readonly pictures: number;
  readonly faults: readonly string[]; // one a line; empty where all is as it should be
}

/** Judge all test pictures with the model of this page, and compare. */
export async function runSelfCheck(client: Client, contract: Contract): Promise<SelfCheck> {
  const read = async (name: string) => {
    const response = await fetch(`fakelens/${name}`);
    if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`);
    return response;
  };
  const vectors = (await (await read('vectors/vectors.json')).json()) as Vectors;
  const faults: string[] = [];
  let worst = 0;
  const digest = await hash(await (await read('model.tflite')).arrayBuffer());
  if (digest && digest !== vectors.model_sha256) faults.push('the model is another file than the test pictures were judged with');
  for (const vector of vectors.images) {
    const verdict = await client.ask('check', { blob: await (await read(`vectors/${vector.file}`)).blob() });
    const places = vector.tiles.length && verdict.regions.length ? vector.tiles : [];
    const off = [
      Math.abs(verdict.pFake - vector.p_fake),
      ...vector.views.map((view, at) => Math.abs((verdict.views[at]?.pFake ?? NaN) - view.p_fake)),
      ...places.map((tile, at) => Math.abs((verdict.regions[at]?.pFake ?? NaN) - tile.p_fake)),
    ];
    const furthest = off.some(Number.isNaN) ? Infinity : Math.max(...off);
    worst = Math.max(worst, furthest);
    const moved = places.some(({ left, top }, at) => verdict.regions[at]?.left !== left || verdict.regions[at]?.top !== top);
    if (moved || (places.length && places.length !== verdict.regions.length)) faults.push(`${vector.file}: other tiles`);
    if (verdict.width !== vector.width || verdict.height !== vector.height) faults.push(`${vector.file}: another size`);
    if ((verdict.reason ?? null) !== vector.reason) faults.push(`${vector.file}: another condition`);
    if (furthest > vectors.tolerance) faults.push(`${vector.file}: a score off by ${furthest.toFixed(4)}`);
    else if (verdict.label !== vector.verdict && !isNearBorder(vector.p_fake, contract, vectors.tolerance)) {
      faults.push(`${vector.file}: ${verdict.label} instead of ${vector.verdict}`);
    }
  }
  return { worst, tolerance: vectors.tolerance, pictures: vectors.images.length, faults };
}

function isNearBorder(pFake: number, { decision }: Contract, tolerance: number): boolean {
  const borders = [decision.threshold, decision.unsure_low, decision.unsure_high];
  return borders.some((border) => Math.abs(border - pFake) <= tolerance);
}

async function hash(bytes: ArrayBuffer): Promise<string> {
  if (!crypto.subtle) return ''; // only over https
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
