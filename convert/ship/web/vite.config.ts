import { defineConfig } from 'vitest/config';

import { addServiceWorker } from './plugins/offline.ts';
import { addPolicy, POLICY } from './plugins/policy.ts';

export default defineConfig({
  base: './', // any folder of any server, and the wrapped apps
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the policy allows no data: addresses
    modulePreload: { polyfill: false },
  },
  worker: { format: 'iife' }, // LiteRT.js loads its wasm by importScripts, which module workers lack
  plugins: [addPolicy(), addServiceWorker()],
  preview: { headers: { 'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'` } }, // as public/_headers
  test: { include: ['tests/unit/**/*.test.ts'] },
});
