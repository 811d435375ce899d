// Frames a second in headless Chromium, against a floor that only calls the model: npm run bench -- --json
import { resolve } from 'node:path';

import { chromium } from '@playwright/test';
import { build, preview } from 'vite';

import { writeVideo } from './camera-video.mjs';
import { fakeCamera, findPort, launchOptions } from './chromium.mjs';

const configFile = resolve(import.meta.dirname, '../bench/vite.config.ts');
await build({ configFile, logLevel: 'warn' });
const server = await preview({ configFile, preview: { port: await findPort(), strictPort: true } });
const browser = await chromium.launch(launchOptions(fakeCamera(writeVideo('build/bench.y4m', 1280, 720, 15))));
try {
  const context = await browser.newContext({ permissions: ['camera'] });
  const page = await context.newPage();
  await page.goto(server.resolvedUrls.local[0]);
  await page.locator('#result:not(:empty)').waitFor({ state: 'attached', timeout: 300_000 });
  const result = JSON.parse(await page.locator('#result').textContent());
  if (result.error) throw new Error(result.error);
  report(result);
} finally {
  await browser.close();
  await server.close();
}

function report(result) {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(result));
    return;
  }
  console.log(`model ${result.model}, frames of ${result.frame} px, ${result.tiles} tiles each`);
  console.log(`one call of the model   ${result.callMs.toFixed(2)} ms`);
  console.log(`floor, calls alone      ${result.floorFps.toFixed(1)} frames a second`);
  console.log(`camera to heat          ${result.wholeFps.toFixed(1)} frames a second, ${result.ratio.toFixed(2)} of the floor`);
  console.log(`live, within its budget ${result.liveFps.toFixed(1)} frames a second, ${result.liveTiles.toFixed(1)} tiles each`);
}
