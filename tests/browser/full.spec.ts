// The full module: networks by automatic differentiation, fetched when something needs them.
import type { Page } from '@playwright/test';
import { expect, test } from './house';

// Under adaptive forcing the loss rises again as the strength falls, so the strength is fixed here.
const SMALL = 'generalized-teacher-forcing?forcing=fixed&hidden=16&length=20&updates=500';

const status = (page: Page) => page.evaluate(() => window.separatrix?.status() ?? null);
const module = (page: Page) => page.evaluate(() => window.separatrix.module());

async function reach(page: Page, step: number): Promise<void> {
  await expect.poll(async () => (await status(page))?.step ?? 0, { timeout: 240_000 }).toBeGreaterThanOrEqual(step);
}
/** The loss that the picture tells, at an update when one is given. */
async function loss(page: Page, update?: number): Promise<number> {
  const said = await page.getByRole('img', { name: new RegExp(`The loss is .* after ${update ?? ''}`) }).getAttribute('aria-label');
  return Number(/is ([0-9.e+-]+) after/.exec(said ?? '')?.[1]);
}

test('an engine choice fetches the full module, which trains on the CPU and on WebGPU', async ({ page }) => {
  // Emulated WebGPU compiles burn's kernels for most of a minute where cores are few.
  test.setTimeout(600_000);
  await page.goto(`./#/${SMALL}`);
  await reach(page, 500);
  expect(await module(page)).toBe('whole');
  const fused = await loss(page, 500);
  expect(fused).toBeLessThan(0.5);

  // The same run on the other engine, by its link: the light module opens, and gives way to the full one in the end.
  await page.goto('about:blank');
  await page.goto(`./#/${SMALL}&engine=burn-cpu`);
  await reach(page, 500);
  expect(await module(page)).toBe('full');
  expect((await status(page))?.device).toBe('cpu');
  expect((await status(page))?.fingerprint).toBeNull();
  expect(Math.abs((await loss(page, 500)) / fused - 1)).toBeLessThan(0.02);

  await page.goto('about:blank');
  await page.goto(`./#/${SMALL}&engine=burn-webgpu`);
  await expect.poll(async () => (await status(page))?.device, { timeout: 240_000 }).toBe('gpu');
  await reach(page, 5);
  // The picture may still be of an earlier update, whose figures stay on the device.
  await expect.poll(() => loss(page), { timeout: 60_000 }).toBeLessThan(10);
  // The fused engine is there too, with its fingerprint.
  await page.evaluate((fragment) => {
    location.hash = fragment;
  }, `#/${SMALL}`);
  await expect.poll(async () => (await status(page))?.fingerprint ?? null, { timeout: 60_000 }).not.toBeNull();
  expect(await module(page)).toBe('full');
  await reach(page, 5);
  expect((await status(page))?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});
