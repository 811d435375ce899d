import { defineConfig } from '@playwright/test';

import { launchOptions } from './scripts/chromium.mjs';

const address = `http://localhost:${process.env['PORT'] ?? 4173}/`;

export default defineConfig({
  testDir: 'tests/browser',
  outputDir: 'test-results',
  timeout: 180_000, // ms; the first call of a busy machine is slow
  expect: { timeout: 60_000 },
  workers: 1,
  forbidOnly: true,
  reporter: 'list',
  use: { baseURL: address, launchOptions: launchOptions(), trace: 'off' },
  // The built app, as a server would serve it, under the headers of public/_headers.
  webServer: {
    command: `npm run build && npx vite preview --port ${new URL(address).port} --strictPort`,
    url: address,
    timeout: 900_000,
    reuseExistingServer: true, // PORT=4173 npm run test:browser, with npm run preview beside it
  },
});
