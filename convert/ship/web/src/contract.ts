/** The contract of a fakelens model, as `fakelens ship` writes it to contract.json. */

export type Fit = 'resize' | 'tiles';
export type Pool = 'mean' | 'top';

export interface InputSpec {
  readonly size: number; // px
  readonly fit: Fit; // resize: the whole picture is scaled; tiles: at native resolution, never scaled
  readonly tiles: number; // of one picture, at most
  readonly pool: Pool;
}

/** FAKE at or above threshold, REAL below, UNSURE inside the band; an empty band has low > high. */
export interface Decision {
  readonly threshold: number;
  readonly unsure_low: number;
  readonly unsure_high: number;
}

export interface Measurement {
  readonly metric: string;
  readonly value: number;
  readonly low: number; // 95% interval
  readonly high: number;
  readonly n: number;
  readonly data: string;
  readonly split: string;
  readonly note?: string;
}

export interface Contract {
  readonly schema: number;
  readonly name: string;
  readonly description: string;
  readonly limits: string; // what the model cannot see, in plain words
  readonly labels: readonly string[];
  readonly input: InputSpec;
  readonly decision: Decision;
  readonly measured: readonly Measurement[];
}

const SCHEMA = 1;

/** Return the contract in `data`, parsed JSON; an Error that names what no runtime could use. */
export function parseContract(data: unknown): Contract {
  const contract = data as Contract;
  const refuse = (what: string): never => {
    throw new Error(`contract.json: ${what}; write the kit again with fakelens ship`);
  };
  if (typeof data !== 'object' || data === null) return refuse('no JSON object');
  if (contract.schema !== SCHEMA) refuse(`schema ${contract.schema}, expected ${SCHEMA}`);
  if (contract.labels?.join() !== 'real,fake') refuse(`labels ${contract.labels?.join()}, expected real,fake`);
  const { size, fit, tiles, pool } = contract.input ?? {};
  if (!Number.isInteger(size) || size < 1) refuse(`input.size ${size}`);
  if (fit !== 'resize' && fit !== 'tiles') refuse(`input.fit ${String(fit)}`);
  if (pool !== 'mean' && pool !== 'top') refuse(`input.pool ${String(pool)}`);
  if (!Number.isInteger(tiles) || tiles < 1) refuse(`input.tiles ${tiles}`);
  for (const name of ['threshold', 'unsure_low', 'unsure_high'] as const) {
    const value = contract.decision?.[name];
    if (!(value >= 0 && value <= 1)) refuse(`decision.${name} ${value}`);
  }
  return contract;
}
