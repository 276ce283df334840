// The full module: networks by automatic differentiation, fetched when something needs them.
import type { Page } from '@playwright/test';
import { expect, test } from './house';

const SMALL = 'generalized-teacher-forcing?hidden=16&length=20&updates=500';

const status = (page: Page) => page.evaluate(() => window.separatrix?.status() ?? null);
const module = (page: Page) => page.evaluate(() => window.separatrix.module());

async function reach(page: Page, step: number): Promise<void> {
  await expect.poll(async () => (await status(page))?.step ?? 0, { timeout: 90_000 }).toBeGreaterThanOrEqual(step);
}
async function loss(page: Page): Promise<number> {
  const said = await page.getByRole('img', { name: /The loss is/ }).getAttribute('aria-label');
  return Number(/is ([0-9.e+-]+) after/.exec(said ?? '')?.[1]);
}

test('an engine choice fetches the full module, which trains on the CPU and on WebGPU', async ({ page }) => {
  await page.goto(`./#/${SMALL}`);
  await reach(page, 5);
  expect(await module(page)).toBe('light');

  // The same run by its link: the light module opens, and gives way to the full one.
  await page.goto('about:blank');
  await page.goto(`./#/${SMALL}&engine=burn-cpu`);
  await reach(page, 5);
  expect(await module(page)).toBe('full');
  const early = await loss(page);
  await reach(page, 200);
  expect((await status(page))?.device).toBe('cpu');
  expect((await status(page))?.fingerprint).toBeNull();
  await expect.poll(() => loss(page), { timeout: 60_000 }).toBeLessThan(0.5 * early);

  await page.goto('about:blank');
  await page.goto(`./#/${SMALL}&engine=burn-webgpu`);
  await expect.poll(async () => (await status(page))?.device, { timeout: 60_000 }).toBe('gpu');
  await reach(page, 5);
  expect(await loss(page)).toBeLessThan(10);
  // The fused engine is there too, with its fingerprint.
  await page.evaluate((fragment) => {
    location.hash = fragment;
  }, `#/${SMALL}`);
  await expect.poll(async () => (await status(page))?.fingerprint ?? null, { timeout: 60_000 }).not.toBeNull();
  expect(await module(page)).toBe('full');
  await reach(page, 5);
  expect((await status(page))?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});
