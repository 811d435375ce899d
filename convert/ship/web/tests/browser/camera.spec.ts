import { fakeCamera, launchOptions } from '../../scripts/chromium.mjs';
import { writeVideo } from '../../scripts/camera-video.mjs';
import { expect, expectAccessible, expectNoSidewaysScroll, phone, test, tiled } from './app';

const video = writeVideo('build/camera.y4m', 640, 480);
test.use({ launchOptions: launchOptions(fakeCamera(video)), viewport: phone });

test('the camera: a live verdict with heat and speed, then a frame of it, then stopped', async ({ app, context }) => {
  await context.grantPermissions(['camera']);
  await app.open();
  const { page } = app;
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await expect(page.locator('#verdict')).toHaveText(/^(REAL|FAKE|UNSURE)$/);
  await expect(page.locator('#facts')).toContainText('640 × 480 px');
  await expect(page.locator('#facts')).toContainText(/Frames[1-9]\d* a second/);
  await expect(page.locator('#video')).toBeVisible();
  if (tiled) await page.getByRole('switch', { name: 'Show where' }).press('Space');
  await expect(page.locator('#heat')).toBeVisible({ visible: tiled });
  await expect(page.locator('#spoken')).toContainText('Verdict: ');
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Check this frame' }).click();
  await expect(page.getByAltText('The picture that was checked')).toBeVisible();
  await expect(page.locator('#facts')).toContainText('640 × 480 px');
  await expect(page.locator('#video')).toBeHidden();

  await page.getByRole('button', { name: 'Use the camera' }).click();
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await expect(page.locator('#answer')).toBeHidden();
  expect(await page.locator('#video').evaluate((element: HTMLVideoElement) => element.srcObject)).toBeNull();
});

test('a refused camera gets one line with a way out', async ({ app, context }) => {
  await context.grantPermissions([]); // none: what is not granted is refused
  await app.open();
  await app.page.getByRole('button', { name: 'Use the camera' }).click();
  await expect(app.page.getByRole('alert')).toContainText('The camera was refused.');
  await expect(app.page.getByRole('alert')).toContainText('choose a photo instead');
  await expect(app.page.getByRole('button', { name: 'Use the camera' })).toBeVisible();
  await expectAccessible(app.page);
});
