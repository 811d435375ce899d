import { PNG } from 'pngjs';

import { layOverWhite } from '../../src/pixels';
import { readPicture, readStatement } from '../kit';
import { contract, expect, expectAccessible, expectNoSidewaysScroll, phone, readVector, test, tiled, vectors } from './app';

test.use({ serviceWorkers: 'block' }); // what they keep is for offline.spec.ts

const [first] = vectors.images;
const largest = vectors.images.reduce((a, b) => (a.width * a.height > b.width * b.height ? a : b));

test('all test pictures score as in Python', async ({ app }) => {
  await app.open();
  await app.page.getByText('Does this device compute the same?').click();
  await app.page.getByRole('button', { name: 'Run the self-check' }).click();
  const result = app.page.locator('#self-check-result');
  await expect(result).toContainText(`The same on all ${vectors.images.length} pictures`);
  expect(Number(await result.getAttribute('data-worst'))).toBeLessThanOrEqual(vectors.tolerance);
});

test('a photo through the file input: verdict, score, size, speed, heat', async ({ app }) => {
  await app.open();
  await app.choose(largest.file, readVector(largest.file));
  const { page } = app;
  await expect(page.getByRole('heading', { level: 2, name: largest.verdict.toUpperCase() })).toBeVisible();
  expect(Math.abs(Number(await page.locator('#score').textContent()) - largest.p_fake)).toBeLessThan(0.0045);
  await expect(page.getByRole('meter')).toHaveAttribute('aria-valuetext', new RegExp(largest.verdict));
  await expect(page.locator('#facts')).toContainText(`${largest.width} × ${largest.height} px`);
  await expect(page.locator('#facts')).toContainText(/Model took\d+ ms/);
  await expect(page.locator('#spoken')).toContainText(`Verdict: ${largest.verdict}.`);
  await expect(page.getByAltText('The picture that was checked')).toBeVisible();
  await expect(page.locator('#heat')).toBeHidden(); // off by default: tints are taken for proof
  const showWhere = page.getByRole('switch', { name: 'Show where' });
  if (!tiled) return;
  await showWhere.press('Space');
  await expect(page.locator('#heat')).toBeVisible();
  const tinted = () => page.locator('#heat').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, at) => at % 4 === 3 && value > 0).length / (data.length / 4);
  });
  await expect.poll(tinted).toBeGreaterThan(0.5); // of the picture
  await showWhere.press('Space');
  await expect(page.locator('#heat')).toBeHidden();
});

test('a file that declares a generator is fake, and says why', async ({ app }) => {
  const [declared, silent] = ['AUTOMATIC1111 in a PNG text', 'a prompt in words'].map(readStatement);
  await app.open();
  await app.choose('generated.png', declared!);
  const { page } = app;
  await expect(page.getByRole('heading', { level: 2, name: 'FAKE' })).toBeVisible();
  await expect(page.locator('#meaning')).toContainText('The file itself says that a generator made the picture. Its pixels alone: ');
  await expect(page.locator('#statements')).toContainText('Declares a generator: holds the settings of a Stable Diffusion program');
  await expectAccessible(page);
  await app.choose('silent.png', silent!);
  await expect(page.locator('#statements')).toContainText('No statement found: most real and most fake pictures have none.');
});

test('what the model cannot see stands on the page, and that a verdict is no proof', async ({ app }) => {
  await app.open();
  await expect(app.page.getByRole('heading', { name: 'Evidence, not proof' })).toBeVisible();
  await expect(app.page.locator('#limits')).toHaveText(contract.limits);
  await expect(app.page.getByText('Nothing leaves this device')).toBeVisible();
  await app.page.getByText('Model card', { exact: true }).click();
  await expect(app.page.locator('#card')).not.toBeEmpty();
});

test('scaling a picture down far is said', async ({ app }) => {
  await app.open();
  const reduction = Math.max(largest.width, largest.height) / contract.input.size;
  await app.choose(largest.file, readVector(largest.file));
  await expect(app.page.locator('#answer')).toBeVisible();
  await expect(app.page.locator('#note')).toBeVisible({ visible: !tiled && !contract.input.views && reduction > 2 });
});

test('transparent and translucent pixels are laid over white, to the bit', async ({ app }) => {
  const { width, height } = largest;
  const clear = readPicture(largest.file).read(0, 0, width, height);
  for (let at = 3; at < clear.length; at += 4) clear[at] = (at * 37) % 256;
  const white = clear.slice();
  layOverWhite(white);
  const write = (data: Uint8ClampedArray) => PNG.sync.write(Object.assign(new PNG({ width, height }), { data: Buffer.from(data) }));
  await app.open();
  const scores: (string | null)[] = [];
  for (const picture of [write(clear), write(white)]) {
    await app.choose('picture.png', picture);
    await expect(app.page.locator('#answer')).toBeVisible();
    scores.push(await app.page.locator('#score').textContent());
  }
  expect(scores[0]).toBe(scores[1]);
});

test('a photo that says how the camera was held is turned upright', async ({ app }) => {
  await app.open();
  const { width, height } = first!;
  const jpeg = Buffer.from(await app.page.evaluate(async ([wide, high]) => {
    const canvas = new OffscreenCanvas(wide!, high!);
    canvas.getContext('2d')!.fillRect(0, 0, wide! / 2, high!);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, [width, height] as const));
  const turned = [0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const exif = Buffer.from([0xff, 0xe1, 0, turned.length + 2, ...turned]); // orientation 6: a quarter turn
  await app.choose('held.jpg', Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]), 'image/jpeg');
  await expect(app.page.locator('#facts')).toContainText(`${height} × ${width} px`);
});

test('a text, half a picture and an empty file get one line, and the next picture is checked', async ({ app }) => {
  await app.open();
  for (const [bytes, type, says] of [
    [Buffer.from('no picture'), 'image/jpeg', 'no picture that the browser can open'],
    [readVector(first!.file).subarray(0, 200), 'image/png', 'damaged, incomplete'],
    [Buffer.alloc(0), 'image/png', 'The file is empty.'],
  ] as const) {
    await app.choose('broken.png', bytes, type);
    await expect(app.page.getByRole('alert')).toContainText(says);
    await expect(app.page.locator('#answer')).toBeHidden();
    await expect(app.page.locator('#picture')).toBeHidden();
    await app.choose(first!.file, readVector(first!.file));
    await expect(app.page.getByRole('heading', { level: 2, name: first!.verdict.toUpperCase() })).toBeVisible();
    await expect(app.page.getByRole('alert')).toBeHidden();
  }
});

test('a picture by paste, and one by drop', async ({ app }) => {
  await app.open();
  for (const way of ['paste', 'drop']) {
    await app.page.evaluate(([kind, base64]) => {
      const bytes = Uint8Array.from(atob(base64!), (sign) => sign.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
      const given = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        kind === 'paste'
          ? new ClipboardEvent('paste', { ...given, clipboardData: data })
          : new DragEvent('drop', { ...given, dataTransfer: data }),
      );
    }, [way, readVector(first!.file).toString('base64')] as const);
    await expect(app.page.getByRole('heading', { level: 2, name: first!.verdict.toUpperCase() })).toBeVisible();
    await app.choose('broken.png', Buffer.from('no')); // takes the answer away
    await expect(app.page.locator('#answer')).toBeHidden();
  }
});

test('by keyboard alone: to the file input, and through the page', async ({ app }) => {
  await app.open();
  const names: string[] = [];
  for (let step = 0; step < 9; step++) {
    await app.page.keyboard.press('Tab');
    names.push(await app.page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim() || ''));
  }
  expect(names.slice(0, 2)).toEqual(['file', 'camera']);
  expect(names).toContain('What happens to my pictures?');
  expect(names).toContain('Does this device compute the same?');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`on a phone, ${colorScheme}`, () => {
    test.use({ viewport: phone, colorScheme, hasTouch: true, isMobile: true });

    test('nothing is wider than the screen, and axe finds no fault', async ({ app }) => {
      await app.open();
      await expectNoSidewaysScroll(app.page);
      await expectAccessible(app.page);
      await app.choose(largest.file, readVector(largest.file));
      await expect(app.page.locator('#answer')).toBeVisible();
      for (const details of await app.page.locator('summary').all()) await details.click();
      await expect(app.page.locator('#card')).not.toBeEmpty();
      await expectNoSidewaysScroll(app.page);
      await expectAccessible(app.page);
      await app.choose('broken.png', Buffer.from('no'));
      await expect(app.page.getByRole('alert')).toBeVisible();
      await expectAccessible(app.page);
    });
  });
}
