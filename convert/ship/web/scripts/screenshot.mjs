// A picture of the app on a phone with a verdict: npm run screenshot -- PHOTO OUT.png [--dark]
import { resolve } from 'node:path';

import { chromium } from '@playwright/test';
import { preview } from 'vite';

import { findPort, launchOptions } from './chromium.mjs';

const [photo, out] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
if (!photo || !out) {
  console.error('npm run screenshot -- PHOTO OUT.png [--dark]');
  process.exit(2);
}
const server = await preview({ preview: { port: await findPort(), strictPort: true } });
const browser = await chromium.launch(launchOptions());
try {
  const colorScheme = process.argv.includes('--dark') ? 'dark' : 'light';
  const page = await browser.newPage({ viewport: { width: 390, height: 1240 }, colorScheme, isMobile: true, hasTouch: true });
  await page.goto(server.resolvedUrls.local[0]);
  await page.locator('html[data-ready=true]').waitFor({ timeout: 60_000 });
  await page.getByLabel('Choose a photo').setInputFiles(resolve(photo));
  await page.locator('#answer').waitFor({ timeout: 60_000 });
  const tiles = Number(await page.locator('#heat').getAttribute('data-regions'));
  const isFine = async () => Number(await page.locator('#heat').getAttribute('data-regions')) > tiles;
  for (let wait = 0; tiles && wait < 60 && !(await isFine()); wait++) await page.waitForTimeout(500);
  await page.screenshot({ path: out });
} finally {
  await browser.close();
  await server.close();
}
