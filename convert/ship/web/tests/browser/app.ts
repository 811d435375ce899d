/** The app in a real browser: the built page, watched for errors and for what it asks of the network. */

import { readFileSync } from 'node:fs';

import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';

import { contract, FOLDER, vectors } from '../kit';

export { contract, expect, vectors };
export const tiled = contract.input.fit === 'tiles';
export const phone = { width: 360, height: 740 };

interface App {
  readonly page: Page;
  /** Open the page and wait until the model is loaded. */
  open(path?: string): Promise<void>;
  /** Choose a file through the file input, as a person does. */
  choose(name: string, bytes: Buffer, type?: string): Promise<void>;
}

export const test = base.extend<{ app: App }>({
  app: async ({ page, context, baseURL }, use) => {
    const faults: string[] = [];
    const asked: string[] = [];
    context.on('request', (request) => asked.push(request.url())); // those of the workers too
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error') faults.push(line.text());
    });
    await use({
      page,
      async open(path = './') {
        await page.goto(path);
        await expect(page.locator('html')).toHaveAttribute('data-ready', 'true');
      },
      async choose(name, buffer, mimeType = 'image/png') {
        await page.getByLabel('Choose a photo').setInputFiles({ name, mimeType, buffer });
      },
    });
    const foreign = asked.filter((url) => !url.startsWith(baseURL!) && !url.startsWith(`blob:${baseURL}`));
    expect(foreign, 'a request left for elsewhere').toEqual([]);
    expect(asked.length).toBeGreaterThan(3);
    expect(faults).toEqual([]);
  },
});

/** Return the bytes of a test picture. */
export function readVector(file: string): Buffer {
  return readFileSync(new URL(`vectors/${file}`, FOLDER));
}

/** Expect that axe finds nothing to complain of on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)])).toEqual([]);
}

/** Expect that nothing is wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(screen!);
}
