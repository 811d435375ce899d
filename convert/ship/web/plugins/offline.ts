import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { build, type Plugin } from 'vite';

const LEFT_OUT = /^(sw\.js|_headers|litert\/.*)$/; // of LiteRT.js the service worker keeps what this browser runs

/** Builds src/sw/service-worker.ts to sw.js, with the list of all built files for it to keep. */
export function addServiceWorker(): Plugin {
  let folder = '';
  return {
    name: 'fakelens-offline',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const files = listFiles(folder);
      const digest = createHash('sha256');
      for (const file of files) digest.update(file).update('\0').update(readFileSync(join(folder, file)));
      await build({
        configFile: false,
        logLevel: 'warn',
        define: {
          __FILES__: JSON.stringify(['./', ...files.filter((file) => !LEFT_OUT.test(file) && file !== 'index.html')]),
          __VERSION__: JSON.stringify(digest.digest('hex').slice(0, 16)),
        },
        publicDir: false,
        build: {
          outDir: folder,
          emptyOutDir: false,
          lib: { entry: 'src/sw/service-worker.ts', formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
        },
      });
    },
  };
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
    .filter((name) => name !== 'sw.js')
    .sort();
}
