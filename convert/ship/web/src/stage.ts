/** The picture on the page: a photo or the camera, with the heat over it. */

import { find } from './element';
import { paintHeat } from './heat';
import type { Region } from './tiles';
import type { Label } from './verdict';

const empty = find('empty', HTMLElement);
const picture = find('picture', HTMLElement);
const photo = find('photo', HTMLImageElement);
const video = find('video', HTMLVideoElement);
const heat = find('heat', HTMLCanvasElement);
const heatRow = find('heat-row', HTMLElement);
const showHeat = find('show-heat', HTMLInputElement);

let address = '';
let repaint = (): void => {}; // what is to be seen where the heat is switched on

showHeat.addEventListener('change', () => repaint());

export { video };

/** Show a photo instead of whatever is there. */
export function showPhoto(blob: Blob): void {
  show(photo);
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(blob);
  photo.src = address;
}

/** Show what a camera sees instead of whatever is there. */
export async function showStream(stream: MediaStream): Promise<void> {
  show(video);
  video.srcObject = stream;
  await video.play();
}

/** Show nothing. */
export function clearStage(): void {
  show(undefined);
}

/** Lay the heat of `regions` over a picture of that verdict, px; without any there is none to show. */
export function showRegions(regions: readonly Region[], width: number, height: number, label: Label): void {
  heatRow.hidden = regions.length === 0;
  heat.dataset['regions'] = String(regions.length);
  repaint = () => paint(regions, width, height, label);
  repaint();
}

function paint(regions: readonly Region[], width: number, height: number, label: Label): void {
  heat.hidden = regions.length === 0 || !showHeat.checked;
  if (heat.hidden) return;
  const map = paintHeat(regions, width, height, label);
  if (heat.width !== map.width || heat.height !== map.height) [heat.width, heat.height] = [map.width, map.height];
  heat.getContext('2d')?.putImageData(new ImageData(map.rgba, map.width, map.height), 0, 0);
}

function show(what: HTMLElement | undefined): void {
  empty.hidden = what !== undefined;
  picture.hidden = what === undefined;
  photo.hidden = what !== photo;
  video.hidden = what !== video;
  if (what !== video) video.srcObject = null;
  showRegions([], 1, 1, 'unsure');
}
