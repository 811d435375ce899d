/** A picture that another app shared with this one: the service worker puts it here, the page takes it out. */

export const SHARED_CACHE = 'fakelens-shared';
export const SHARED_PICTURE = './shared-picture';

/** Return the picture that was shared, once; undefined where there is none. */
export async function takeSharedPicture(): Promise<Blob | undefined> {
  if (!('caches' in globalThis)) return undefined; // only over https
  const cache = await caches.open(SHARED_CACHE);
  const response = await cache.match(SHARED_PICTURE);
  await cache.delete(SHARED_PICTURE);
  return response?.blob();
}
