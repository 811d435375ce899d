/** The contract of a fakelens model, as `fakelens ship` writes it to contract.json. */

export type Fit = 'resize' | 'tiles';
export type Pool = 'mean' | 'top' | 'texture';

/** An input tensor, and how a picture comes into it. */
export interface FitSpec {
  readonly size: number; // px
  readonly fit: Fit; // resize: the whole picture is scaled; tiles: at native resolution, never scaled
  readonly tiles: number; // of one picture, at most
  readonly pool: Pool;
}

/** One way in which the model looks at a picture: a signature of the file with an input of its own. */
export interface ViewSpec extends FitSpec {
  readonly name: string;
  readonly signature: string;
}

/** P(fake) = sigmoid(bias + sum of weight x logit of P(fake) of each view). */
export interface Fusion {
  readonly weights: readonly number[];
  readonly bias: number;
}

/** The input of the first view, then all views; none are listed where there is one and no fusion. */
export interface InputSpec extends FitSpec {
  readonly views?: readonly ViewSpec[];
  readonly fusion?: Fusion;
  readonly root?: number; // to be written over the first four bytes of the file: then every view is a signature
}

/** Beyond any of these there is nothing left to see in a picture; null is not asked. */
export interface ConditionLimits {
  readonly least_side?: number | null; // px
  readonly least_texture?: number | null; // grey levels
  readonly least_sharpness?: number | null;
  readonly most_blocking?: number | null;
}

/** FAKE at or above threshold, REAL below, UNSURE inside the band; an empty band has low > high. */
export interface Decision {
  readonly threshold: number;
  readonly unsure_low: number;
  readonly unsure_high: number;
  readonly condition?: ConditionLimits | null;
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

const NEWEST_SCHEMA = 2;

/** Return every way in which the model looks at a picture, the first one first. */
export function listViews(spec: InputSpec): readonly FitSpec[] {
  return spec.views ?? [spec];
}

/** Return the contract in `data`, parsed JSON; an Error that names what no runtime could use. */
export function parseContract(data: unknown): Contract {
  const contract = data as Contract;
  const refuse = (what: string): never => {
    throw new Error(`contract.json: ${what}; write the kit again with fakelens ship`);
  };
  if (typeof data !== 'object' || data === null) return refuse('no JSON object');
  if (![1, NEWEST_SCHEMA].includes(contract.schema)) refuse(`schema ${contract.schema}, expected 1 to ${NEWEST_SCHEMA}`);
  if (contract.labels?.join() !== 'real,fake') refuse(`labels ${contract.labels?.join()}, expected real,fake`);
  const { views, fusion } = contract.input ?? {};
  checkFit('input', contract.input, refuse);
  views?.forEach((view, at) => checkFit(`input.views ${at}`, view, refuse));
  if (!views !== !fusion || views?.length === 0) refuse('input.views without input.fusion, or the other way round');
  const weights = fusion?.weights ?? [];
  if (weights.length !== (views?.length ?? 0) || !weights.every((weight) => weight >= 0 && Number.isFinite(weight))) {
    refuse(`input.fusion.weights ${weights.join()}`);
  }
  const { root = 0 } = contract.input;
  if (!Number.isInteger(root) || root < 0 || root % 4) refuse(`input.root ${root}`);
  if (fusion && !Number.isFinite(fusion.bias)) refuse(`input.fusion.bias ${fusion.bias}`);
  for (const name of ['threshold', 'unsure_low', 'unsure_high'] as const) {
    const value = contract.decision?.[name];
    if (!(value >= 0 && value <= 1)) refuse(`decision.${name} ${value}`);
  }
  return contract;
}

function checkFit(part: string, spec: FitSpec | undefined, refuse: (what: string) => never): void {
  const { size, fit, tiles, pool } = spec ?? ({} as Partial<FitSpec>);
  if (!Number.isInteger(size) || size! < 1) refuse(`${part}.size ${size}`);
  if (fit !== 'resize' && fit !== 'tiles') refuse(`${part}.fit ${String(fit)}`);
  if (pool !== 'mean' && pool !== 'top' && pool !== 'texture') refuse(`${part}.pool ${String(pool)}`);
  if (!Number.isInteger(tiles) || tiles! < 1) refuse(`${part}.tiles ${tiles}`);
}
