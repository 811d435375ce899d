import type { Page } from '@playwright/test';

import { expect, readVector, test, vectors } from './app';

const [vector] = vectors.images;

/** Wait until the service worker has kept all files and answers for the page. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

test('after the first visit it works without a network', async ({ app, context }) => {
  await app.open();
  await settle(app.page);
  await context.setOffline(true);
  await app.page.reload();
  await expect(app.page.locator('html')).toHaveAttribute('data-ready', 'true');
  await app.choose(vector!.file, readVector(vector!.file));
  await expect(app.page.getByRole('heading', { level: 2, name: vector!.verdict.toUpperCase() })).toBeVisible();
  await app.page.getByText('Does this device compute the same?').click();
  await app.page.getByRole('button', { name: 'Run the self-check' }).click();
  await expect(app.page.locator('#self-check-result')).toContainText('The same on all');
});

test('a picture that another app shares is checked', async ({ app }) => {
  await app.open();
  await settle(app.page);
  const taken = await app.page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const form = new FormData(); // what the browser sends to the manifest's share target
    form.append('picture', new File([bytes], 'shared.png', { type: 'image/png' }));
    return (await fetch('./share', { method: 'POST', body: form })).ok;
  }, readVector(vector!.file).toString('base64'));
  expect(taken).toBe(true); // a server would refuse it
  await app.page.goto('./?shared');
  await expect(app.page.getByRole('heading', { level: 2, name: vector!.verdict.toUpperCase() })).toBeVisible();
  await app.open(); // it is taken out once
  await expect(app.page.locator('#busy')).toBeHidden();
  await expect(app.page.locator('#answer')).toBeHidden();
});

test('the manifest names what is there', async ({ app, request, baseURL }) => {
  await app.open();
  const manifest = await (await request.get('manifest.webmanifest')).json();
  for (const { src, sizes } of manifest.icons) {
    const [width] = sizes.split('x').map(Number);
    const png = await (await request.get(src)).body();
    expect([png.readUInt32BE(16), png.readUInt32BE(20)], src).toEqual([width, width]);
  }
  expect(new URL(manifest.share_target.action, baseURL).pathname).toBe('/share');
  expect(manifest.display).toBe('standalone');
});
