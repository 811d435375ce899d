import { launchOptions } from '../../scripts/chromium.mjs';
import { expect, test } from './app';

test.use({ launchOptions: launchOptions(['--use-fake-device-for-media-stream=device-count=0']) });

test('on a device without a camera the page says so', async ({ app, context }) => {
  await context.grantPermissions(['camera']);
  await app.open();
  await app.page.getByRole('button', { name: 'Use the camera' }).click();
  await expect(app.page.getByRole('alert')).toContainText('There is no camera on this device.');
});
