/** The worker: decodes and judges off the page's thread, so that the page stays responsive. */

import { BitmapPixels } from './canvas';
import { parseContract, type Contract } from './contract';
import { decodePicture, PictureError, type Picture } from './decode';
import { FrameChecker, judgeCondition, mapRegions, scorePicture } from './detector';
import type { CheckedFrame, Reply, Request } from './messages';
import { Model } from './model';
import { declaresGenerated } from './provenance/evidence';
import { readEvidence } from './provenance/read';
import type { Region } from './tiles';
import { decide, type Verdict } from './verdict';

const MOST_FILE_BYTES = 64 << 20; // looked at for statements
const PAUSE_AFTER = 16; // tiles of a map, to look whether something else was asked

interface Loaded {
  readonly contract: Contract;
  readonly model: Model;
  readonly frames: FrameChecker;
}

let loaded: Loaded | undefined;
let latest: Picture | undefined;

async function load(base: string): Promise<Contract> {
  const contract = parseContract(await (await fetchFile(`${base}fakelens/contract.json`)).json());
  const bytes = new Uint8Array(await (await fetchFile(`${base}fakelens/model.tflite`)).arrayBuffer());
  if (import.meta.env.DEV) allowScripts();
  const model = await Model.load(`${base}litert/`, bytes, contract);
  loaded = { contract, model, frames: new FrameChecker(contract.input, (tile, view) => model.score(tile, view)) };
  return contract;
}

async function check(blob: Blob): Promise<Verdict> {
  const { contract, model } = ready();
  const start = performance.now();
  latest?.close();
  latest = undefined;
  const picture = await decodePicture(blob);
  latest = picture;
  const decoded = performance.now();
  const { width, height } = picture.source;
  const { size, fit } = contract.input;
  const reason = judgeCondition(picture.source, contract);
  const { pFake, regions, views } = await scorePicture(picture.source, contract.input, (tile, view) => model.score(tile, view));
  const modelMs = performance.now() - decoded;
  const pixelsLabel = decide(pFake, contract.decision, reason);
  const evidence = await readEvidence(new Uint8Array(await blob.slice(0, MOST_FILE_BYTES).arrayBuffer()));
  const declared = declaresGenerated(evidence); // decides, whatever the pixels; nothing else of the file does
  return {
    label: declared ? 'fake' : pixelsLabel,
    ...(declared && { pixelsLabel }),
    evidence,
    pFake, width, height, regions, views, reason,
    reduction: fit === 'tiles' || contract.input.views ? 1 : Math.max(width, height) / size,
    decodeMs: decoded - start,
    modelMs,
  };
}

async function map(most: number): Promise<readonly Region[]> {
  const { contract, model } = ready();
  const picture = latest;
  const regions: Region[] = [];
  if (!picture) return regions;
  for await (const region of mapRegions(picture.source, contract.input, (tile, view) => model.score(tile, view), most)) {
    regions.push(region);
    if (regions.length % PAUSE_AFTER === 0) await new Promise((resolve) => setTimeout(resolve));
    if (latest !== picture) return [];
  }
  return regions;
}

async function checkFrame(bitmap: ImageBitmap, budgetMs: number): Promise<CheckedFrame> {
  const start = performance.now();
  const source = new BitmapPixels(bitmap);
  try {
    const { contract, frames } = ready();
    const scored = await frames.check(source, budgetMs);
    const reason = judgeCondition(source, contract);
    return { ...scored, reason, modelMs: performance.now() - start };
  } finally {
    source.close();
  }
}

async function timeCalls(runs: number): Promise<{ callMs: number }> {
  const { contract, model } = ready();
  const tile = new Uint8Array(contract.input.size ** 2 * 3);
  const start = performance.now();
  for (let run = 0; run < runs; run++) await model.score(tile, 0);
  return { callMs: (performance.now() - start) / runs };
}

type Answer = Extract<Reply, { answer: unknown }>['answer'];

let queue: Promise<unknown> = Promise.resolve();

/** One after another, so that no picture overtakes another; a map gives way to whatever comes. */
function answer(request: Request): Promise<Answer> {
  if (request.kind === 'map') return map(request.most);
  const answered = queue.then(() => answerNext(request));
  queue = answered.catch(() => undefined);
  return answered;
}

function answerNext(request: Exclude<Request, { kind: 'map' }>): Promise<Answer> {
  switch (request.kind) {
    case 'load': return load(request.base);
    case 'check': return check(request.blob);
    case 'frame': return checkFrame(request.bitmap, request.budgetMs);
    case 'time': return timeCalls(request.runs);
  }
}

function ready(): Loaded {
  if (!loaded) throw new Error('the model is not loaded yet');
  return loaded;
}

async function fetchFile(url: string): Promise<Response> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Error(`${url} cannot be loaded (${response?.status ?? 'no connection'})`);
  return response;
}

/** Vite's development server runs module workers, which have no importScripts; LiteRT.js needs it. */
function allowScripts(): void {
  Object.assign(self, {
    importScripts: (url: string) => {
      const request = new XMLHttpRequest();
      request.open('GET', url, false);
      request.send();
      (0, eval)(request.responseText);
    },
  });
}

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).then(
    (result) => self.postMessage({ id: data.id, answer: result } satisfies Reply),
    (error: Error) => {
      const forPerson = error instanceof PictureError;
      self.postMessage({ id: data.id, error: error.message, forPerson } satisfies Reply);
    },
  );
});
