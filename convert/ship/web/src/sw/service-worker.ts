/** Keeps the whole app on the device, so that it works offline, and takes pictures that other apps share with it. */

/// <reference lib="webworker" />
import { supportsFeature } from '@litertjs/core';

import { SHARED_CACHE, SHARED_PICTURE } from '../shared';

declare const self: ServiceWorkerGlobalScope;
declare const __FILES__: readonly string[]; // of the build, put in by plugins/offline.ts
declare const __VERSION__: string;

const CACHE = `fakelens-${__VERSION__}`;

self.addEventListener('install', (event) => event.waitUntil(keepAll()));
self.addEventListener('activate', (event) => event.waitUntil(dropOld()));
self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === 'POST' && url.pathname.endsWith('/share')) event.respondWith(takeShared(event.request));
  else if (event.request.method === 'GET' && url.origin === self.location.origin) event.respondWith(serve(event.request));
});

async function keepAll(): Promise<void> {
  const simd = await supportsFeature('relaxedSimd'); // as LiteRT.js chooses
  const runtime = `litert/litert_wasm_${simd ? '' : 'compat_'}internal`;
  const cache = await caches.open(CACHE);
  // Not from the browser's own cache: that may still hold files of the version before.
  const fresh = [...__FILES__, `${runtime}.js`, `${runtime}.wasm`].map((file) => new Request(file, { cache: 'no-cache' }));
  await cache.addAll(fresh);
}

async function dropOld(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('fakelens-') && name !== CACHE && name !== SHARED_CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function serve(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  // Servers differ in what they say an answer varies by; a built file is the same for everyone.
  const kept = await cache.match(request.mode === 'navigate' ? './' : request, { ignoreSearch: true, ignoreVary: true });
  return kept ?? fetch(request);
}

/** The share target of the manifest: the picture waits in a cache until the page takes it out. */
async function takeShared(request: Request): Promise<Response> {
  const picture = (await request.formData()).get('picture');
  if (picture instanceof File) {
    const cache = await caches.open(SHARED_CACHE);
    await cache.put(SHARED_PICTURE, new Response(picture, { headers: { 'content-type': picture.type } }));
  }
  return Response.redirect('./?shared', 303);
}
