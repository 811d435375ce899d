import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: '../public',
  build: { target: 'es2022', outDir: '../build/bench', emptyOutDir: true, modulePreload: { polyfill: false } },
  worker: { format: 'iife' },
});
