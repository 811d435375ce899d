// The Chromium that tests, benchmark and screenshot run in: CHROMIUM, the system's, or Playwright's own.
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

import { chromium } from '@playwright/test';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'];

/** Return its path, or undefined where there is none. */
export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named && !existsSync(named)) throw new Error(`CHROMIUM=${named}: no such file`);
  return [named, ...PLACES, chromium.executablePath()].find((path) => path && existsSync(path));
}

/** Return launch options for it; a root user's Chromium has no sandbox. */
export function launchOptions(args = []) {
  const root = process.getuid?.() === 0;
  return {
    executablePath: findChromium(),
    args: ['--disable-background-networking', '--disable-component-update', ...(root ? ['--no-sandbox'] : []), ...args],
  };
}

/** Return arguments that make `video`, a .y4m or .mjpeg file, the camera. */
export function fakeCamera(video) {
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${video}`];
}

/** Return the number of a port that nobody uses now. */
export function findPort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
