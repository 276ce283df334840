// A stimulus: begun by a click in a plot or by keys, and drawn by hand.
import type { Page } from '@playwright/test';
import { expect, test } from './house';

const link = (page: Page) => page.evaluate(() => window.separatrix.link());

async function open(page: Page, fragment: string): Promise<void> {
  await page.goto(`./?gpu=off#/${fragment}`);
  await expect.poll(() => page.evaluate(() => window.separatrix?.status()?.step ?? 0), { timeout: 60_000 }).toBeGreaterThan(20);
}

test('a click in a plot begins a pulse there, and so does Enter at the line', async ({ page }) => {
  await open(page, 'lorenz');
  const pads = page.getByRole('slider', { name: /^A place in/ });
  await expect(pads).toHaveCount(0);
  await page.goto('about:blank');
  await open(page, 'lorenz?stimulus=pulse');
  const pad = pads.first();
  await expect(pad).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  const box = await pad.boundingBox();
  await pad.click({ position: { x: (box?.width ?? 0) / 2, y: 20 } });
  await expect(page.getByText(/^Begins at: /)).toBeVisible();
  const clicked = Number(/stimulus_at=([\d.e+-]+)/.exec(await link(page))?.[1]);
  expect(clicked).toBeGreaterThan(0);
  await pad.focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
  expect(await pad.getAttribute('aria-valuenow')).toBe('30');
  await page.keyboard.press('Enter');
  await expect.poll(async () => Number(/stimulus_at=([\d.e+-]+)/.exec(await link(page))?.[1])).toBeLessThan(clicked);
  // The way to the stage is still there.
  await page.getByRole('button', { name: /^Show .* on the stage$/ }).first().click();
  await expect(page.getByRole('main').locator('.hero').getByRole('slider', { name: /^A place in/ })).toBeVisible();
});

test('a curve is drawn by keys and by the pointer, and cleared', async ({ page }) => {
  await open(page, 'lorenz?stimulus=drawn');
  const pad = page.getByRole('slider', { name: 'Shape' });
  await pad.scrollIntoViewIfNeeded();
  await expect(pad).toHaveAttribute('aria-valuetext', 'nothing drawn');
  await pad.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('PageUp');
  await expect(pad).toHaveAttribute('aria-valuetext', /^point 2 of 48: 0\.27$/);
  await expect.poll(() => link(page)).toMatch(/stimulus_shape=Xe/);
  const box = await pad.boundingBox();
  if (box === null) throw new Error('the pad has no place');
  await page.mouse.move(box.x + 2, box.y + box.height - 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 2, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByText(/^From −1\.00 to 1\.00:/)).toBeVisible();
  await expect.poll(() => link(page)).toMatch(/stimulus_shape=0[^&]*_/);
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByText('Nothing is drawn yet.')).toBeVisible();
  await expect.poll(() => link(page)).not.toContain('stimulus_shape');
});

test('the sites of an array are shown against time, with their scale', async ({ page }) => {
  await open(page, 'lorenz');
  await page.getByRole('button', { name: 'Edit as text' }).click();
  await page.getByRole('textbox', { name: 'Equations' }).fill("u[0..63]'=-u[j]+sin(t+0.1*[j])\ninit u[0..63]=0\n");
  const field = page.getByRole('img', { name: /64 sites of u against time/ });
  await expect(field).toBeVisible();
  const colours = await field.locator('canvas').evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    const seen = new Set<number>();
    for (let i = 0; i < data.length; i += 4) if ((data[i + 3] ?? 0) > 200) seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
    return seen.size;
  });
  expect(colours).toBeGreaterThan(100);
});
