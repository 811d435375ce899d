// Runs the browser tests where there is a Chromium, and says so where there is none.
import { spawnSync } from 'node:child_process';

import { findChromium, findPort } from './chromium.mjs';

const args = process.argv.slice(2);
const required = args.includes('--required');
if (!findChromium()) {
  const remedy = 'install Chromium (apt-get install chromium, npx playwright install chromium) or set CHROMIUM to its path';
  console.error(`the browser tests did not run: no Chromium found; ${remedy}`);
  process.exit(required ? 3 : 0);
}
const port = process.env.PORT ?? String(await findPort());
const done = spawnSync('npx', ['playwright', 'test', ...args.filter((arg) => arg !== '--required')], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, PORT: port, PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS: '1' },
});
process.exit(done.status ?? 1);
