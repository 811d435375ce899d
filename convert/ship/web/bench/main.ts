/** Frames a second of the whole way from the camera to the heat, against a floor that only calls the model. */

import { openCamera } from '../src/camera';
import { Client } from '../src/client';
import { find } from '../src/element';
import { paintHeat } from '../src/heat';
import { LiveLoop } from '../src/live';
import { Smoother } from '../src/smoothing';

const WARM_UP = 5; // frames
const FRAMES = 60;
const [LEAST_CALLS, MOST_CALLS] = [20, 200];
const CALLS_MS = 1000; // about so long, at least and at most so many calls
const LIVE_MS = 5000;

export interface BenchResult {
  readonly model: string;
  readonly frame: string; // px
  readonly tiles: number; // a frame
  readonly callMs: number; // of the model alone, before and after the frames
  readonly floorFps: number; // all tiles of a frame, model calls alone
  readonly wholeFps: number; // all tiles of a frame, camera to heat, not waiting for the camera
  readonly ratio: number; // wholeFps / floorFps
  readonly liveFps: number; // as the app runs, within its budget, at the camera's pace
  readonly liveTiles: number; // of a live frame, on average
}

async function measure(): Promise<BenchResult> {
  const client = new Client();
  const contract = await client.ask('load', { base: new URL('./', document.baseURI).href });
  const video = find('video', HTMLVideoElement);
  video.srcObject = await openCamera('environment');
  await video.play();
  const warm = (await client.ask('time', { runs: LEAST_CALLS })).callMs;
  const runs = Math.min(MOST_CALLS, Math.max(LEAST_CALLS, Math.round(CALLS_MS / warm)));
  const before = (await client.ask('time', { runs })).callMs;
  const { tiles, frameMs } = await timeFrames(client, video, new Smoother(contract.decision));
  const after = (await client.ask('time', { runs })).callMs;
  const live = await timeLive(client, video, contract);
  const callMs = (before + after) / 2;
  const floorFps = 1000 / (callMs * tiles), wholeFps = 1000 / frameMs;
  const frame = `${video.videoWidth} x ${video.videoHeight}`;
  return { model: contract.name, frame, tiles, callMs, floorFps, wholeFps, ratio: wholeFps / floorFps, ...live };
}

async function timeFrames(client: Client, video: HTMLVideoElement, smoother: Smoother): Promise<{ tiles: number; frameMs: number }> {
  const canvas = find('heat', HTMLCanvasElement);
  let start = 0, tiles = 0;
  for (let frame = -WARM_UP; frame < FRAMES; frame++) {
    if (frame === 0) start = performance.now();
    const bitmap = await createImageBitmap(video);
    const { width, height } = bitmap;
    const checked = await client.ask('frame', { bitmap, budgetMs: Infinity }, [bitmap]);
    smoother.add(checked.pFake, performance.now() / 1000);
    tiles = checked.checked;
    if (!checked.regions.length) continue;
    const map = paintHeat(checked.regions, width, height);
    [canvas.width, canvas.height] = [map.width, map.height];
    canvas.getContext('2d')?.putImageData(new ImageData(map.rgba, map.width, map.height), 0, 0);
  }
  return { tiles, frameMs: (performance.now() - start) / FRAMES };
}

async function timeLive(client: Client, video: HTMLVideoElement, contract: ConstructorParameters<typeof LiveLoop>[2]) {
  let frames = 0, tiles = 0;
  const loop = new LiveLoop(client, video, contract, ({ frame }) => {
    frames += 1;
    tiles += frame.checked;
  });
  setTimeout(() => loop.stop(), LIVE_MS);
  await loop.run();
  return { liveFps: frames / (LIVE_MS / 1000), liveTiles: tiles / Math.max(1, frames) };
}

measure().then(
  (result) => { find('result', HTMLPreElement).textContent = JSON.stringify(result); },
  (error: Error) => { find('result', HTMLPreElement).textContent = JSON.stringify({ error: error.message }); },
);
