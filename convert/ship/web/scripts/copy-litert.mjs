// LiteRT.js's wasm beside the page: the build for browsers with relaxed SIMD, and the one for all others.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = new URL('../node_modules/@litertjs/core/wasm/', import.meta.url);
const to = new URL('../public/litert/', import.meta.url);
if (!existsSync(fileURLToPath(from))) {
  console.error('node_modules/@litertjs/core is not there: run npm install first');
  process.exit(2);
}
mkdirSync(to, { recursive: true });
for (const build of ['litert_wasm_internal', 'litert_wasm_compat_internal']) {
  for (const ending of ['.js', '.wasm']) copyFileSync(new URL(build + ending, from), new URL(build + ending, to));
}
