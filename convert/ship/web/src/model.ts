/** The model file, run by LiteRT.js; the only module that imports it. */

import { loadAndCompile, loadLiteRt, Tensor, type SignatureRunner } from '@litertjs/core';

import type { Contract, FitSpec } from './contract';

const STEP = 1 / 256; // what a uint8 probability of 1 stands for: every softmax of LiteRT has this scale

/** A view of the model: where a picture goes in. */
interface View {
  readonly runner: SignatureRunner;
  readonly shape: readonly [1, number, number, 3];
  readonly floats: boolean;
}

/** A loaded model. One call at a time. */
export class Model {
  private constructor(private readonly views: readonly View[]) {}

  /** Load LiteRT.js from `wasmFolder` and the model `bytes`; an Error where they do not fit the contract. */
  static async load(wasmFolder: string, bytes: Uint8Array, contract: Contract): Promise<Model> {
    // LiteRT.js looks for its .wasm beside the calling script, which a build moves elsewhere.
    Object.assign(self, { Module: { locateFile: (name: string) => wasmFolder + name, printErr: tell } });
    await loadLiteRt(wasmFolder);
    const compiled = await loadAndCompile(chooseRoot(bytes, contract.input.root), { accelerator: 'wasm' });
    const { views } = contract.input;
    if (!views) return new Model([openView(compiled, contract.input)]);
    return new Model(views.map((view) => {
      const runner = compiled.signatures[view.signature];
      if (!runner) throw new Error(`model.tflite has no signature ${view.signature}, which its contract names`);
      return openView(runner, view);
    }));
  }

  /** Return P(fake) of a tile, raw RGB bytes [size, size, 3], as a view of the model sees it. */
  async score(tile: Uint8Array<ArrayBuffer>, view: number): Promise<number> {
    const { runner, shape, floats } = this.views[view]!;
    const input = new Tensor(floats ? Float32Array.from(tile) : tile, [...shape]);
    const [output] = await runner.run(input);
    input.delete();
    if (!output) throw new Error('the model gave no answer');
    const scores = output.toTypedArray();
    const pFake = scores[1]! * (scores instanceof Uint8Array ? STEP : 1);
    output.delete();
    return pFake;
  }
}

/** Return the model by the root under which every view is a signature; other readers see the first view alone. */
function chooseRoot(bytes: Uint8Array, root = 0): Uint8Array {
  if (!root) return bytes;
  const chosen = bytes.slice();
  new DataView(chosen.buffer).setUint32(0, root, true);
  return chosen;
}

function openView(runner: SignatureRunner, { size }: FitSpec): View {
  const [input] = runner.getInputDetails(), [output] = runner.getOutputDetails();
  const takes = `${input?.dtype} [${input?.shape.join()}]`, gives = `${output?.dtype} [${output?.shape.join()}]`;
  const expected = new RegExp(`^(uint8|float32) \\[1,${size},${size},3\\]$`);
  if (!expected.test(takes) || !/^(uint8|float32) \[1,2\]$/.test(gives)) {
    throw new Error(`model.tflite takes ${takes} and gives ${gives}, which its contract does not say`);
  }
  return { runner, shape: [1, size, size, 3], floats: input?.dtype === 'float32' };
}

/** LiteRT tells everything as an error, its progress too. */
function tell(line: string): void {
  if (/^(INFO|WARNING)/.test(line)) console.debug(line);
  else console.error(line);
}
