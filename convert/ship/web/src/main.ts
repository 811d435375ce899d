/** The page: what a person does, and what then happens. */

import { hideAnswer, showContract, showLive, showVerdict } from './answer';
import { CameraError, hasOtherCamera, openCamera, type Facing } from './camera';
import { Client, WorkerError } from './client';
import type { Contract } from './contract';
import { find } from './element';
import { keepOffline } from './install';
import { LiveLoop } from './live';
import { runSelfCheck } from './selfcheck';
import { takeSharedPicture } from './shared';
import { clearStage, showPhoto, showRegions, showStream, video } from './stage';

const MAP_TILES = 600; // of the heat over a photo, at most; as fakelens check --heatmap

const file = find('file', HTMLInputElement);
const camera = find('camera', HTMLButtonElement);
const freeze = find('freeze', HTMLButtonElement);
const turn = find('turn', HTMLButtonElement);
const problem = find('problem', HTMLElement);
const busy = find('busy', HTMLElement);
const stage = find('stage', HTMLElement);
const card = find('card-row', HTMLDetailsElement);
const selfCheck = find('self-check', HTMLButtonElement);

const client = new Client();
const loading = client.ask('load', { base: new URL('./', document.baseURI).href });
let facing: Facing = 'environment';
let loop: LiveLoop | undefined;
let stream: MediaStream | undefined;
let turns = 0; // of pictures and cameras: what comes late from an earlier one is left out

async function checkPhoto(blob: Blob): Promise<void> {
  const mine = begin('Looking at the picture…');
  try {
    const contract = await loading;
    const verdict = await client.ask('check', { blob });
    if (mine !== turns) return;
    showPhoto(blob);
    showVerdict(verdict, contract);
    showRegions(verdict.regions, verdict.width, verdict.height, verdict.label);
    busy.hidden = true;
    const regions = await client.ask('map', { most: MAP_TILES });
    if (mine === turns && regions.length) showRegions(regions, verdict.width, verdict.height, verdict.label);
  } catch (error) {
    if (mine === turns) fail(error);
  }
}

async function startCamera(): Promise<void> {
  const mine = begin('Opening the camera…');
  try {
    const opened = await openCamera(facing);
    if (mine !== turns) return stopStream(opened);
    stream = opened;
    opened.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (mine === turns) fail(new CameraError('The camera stopped. Try again.'));
    });
    const contract = await loading;
    await showStream(opened);
    if (mine !== turns) return;
    setCamera(true);
    turn.hidden = !(await hasOtherCamera());
    busy.hidden = true;
    await watch(contract);
  } catch (error) {
    if (mine === turns) fail(error);
  }
}

async function watch(contract: Contract): Promise<void> {
  loop = new LiveLoop(client, video, contract, (live) => {
    showLive(live, contract);
    showRegions(live.frame.regions, live.width, live.height, live.label);
  });
  await loop.run();
}

async function checkFrame(): Promise<void> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png')); // nothing is lost
  if (blob) await checkPhoto(blob);
}

/** Leave whatever is going on; return the number of what comes now. */
function begin(what: string): number {
  loop?.stop();
  stopStream(stream);
  loop = stream = undefined;
  setCamera(false);
  problem.hidden = true;
  busy.hidden = false;
  busy.textContent = what;
  clearStage();
  hideAnswer();
  return ++turns;
}

function fail(error: unknown): void {
  const told = error instanceof CameraError || (error instanceof WorkerError && error.forPerson);
  const { message } = error as Error;
  begin('');
  busy.hidden = true;
  problem.hidden = false;
  problem.textContent = told ? message : `Something went wrong: ${message}`;
}

function setCamera(on: boolean): void {
  camera.textContent = on ? 'Stop the camera' : 'Use the camera';
  camera.dataset['on'] = String(on);
  freeze.hidden = !on;
  if (!on) turn.hidden = true;
}

function stopStream(opened: MediaStream | undefined): void {
  opened?.getTracks().forEach((track) => track.stop());
}

function takeFile(files: FileList | null | undefined): void {
  const [picture] = files ?? [];
  if (picture) void checkPhoto(picture);
}

file.addEventListener('change', () => {
  takeFile(file.files);
  file.value = ''; // the same file again is a choice, too
});
camera.addEventListener('click', () => {
  if (camera.dataset['on'] === 'true') {
    begin('');
    busy.hidden = true;
  } else void startCamera();
});
freeze.addEventListener('click', () => void checkFrame());
turn.addEventListener('click', () => {
  facing = facing === 'environment' ? 'user' : 'environment';
  void startCamera();
});
document.addEventListener('paste', (event) => takeFile(event.clipboardData?.files));
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  stage.classList.add('over');
});
document.addEventListener('dragleave', () => stage.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  stage.classList.remove('over');
  takeFile(event.dataTransfer?.files);
});

card.addEventListener('toggle', async () => {
  const text = find('card', HTMLPreElement);
  if (!card.open || text.textContent) return;
  const response = await fetch('fakelens/MODEL_CARD.md').catch(() => undefined);
  text.textContent = response?.ok ? await response.text() : 'The model card cannot be loaded.';
});

selfCheck.addEventListener('click', async () => {
  const result = find('self-check-result', HTMLElement);
  selfCheck.disabled = true;
  result.textContent = 'Running…';
  try {
    const { worst, tolerance, pictures, faults } = await runSelfCheck(client, await loading);
    result.dataset['worst'] = String(worst);
    result.textContent = faults.length
      ? `This device does not compute the same: ${faults.join('; ')}.`
      : `The same on all ${pictures} pictures. Largest difference of a score: ${worst.toFixed(4)} (allowed: ${tolerance.toFixed(4)}).`;
  } catch (error) {
    result.textContent = `The self-check could not run: ${(error as Error).message}`;
  }
  selfCheck.disabled = false;
});

async function start(): Promise<void> {
  try {
    showContract(await loading);
    selfCheck.disabled = false;
    document.documentElement.dataset['ready'] = 'true';
    const shared = await takeSharedPicture();
    if (shared) await checkPhoto(shared);
    else if (turns === 0) busy.hidden = true;
  } catch (error) {
    fail(error);
  }
}

void start();
keepOffline(find('install', HTMLButtonElement), find('update', HTMLButtonElement));
