// The analysis desk: a question about what is open, its answer as it comes, and a way to stop it.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './house';

async function open(page: Page, fragment: string): Promise<Locator> {
  await page.goto(`./?gpu=off#/${fragment}`);
  await expect.poll(() => page.evaluate(() => window.separatrix?.status()?.step ?? 0), { timeout: 60_000 }).toBeGreaterThan(20);
  const tab = page.getByRole('tab', { name: 'Analyse' });
  if (await tab.isVisible()) await tab.click();
  const desk = page.locator('sx-analysis');
  await desk.scrollIntoViewIfNeeded();
  await expect(desk.getByRole('option').first()).toBeAttached({ timeout: 60_000 });
  return desk;
}

test('the exponents of what is open are measured while it runs on', async ({ page }) => {
  const desk = await open(page, 'lorenz');
  const before = await page.evaluate(() => window.separatrix.status()?.step ?? 0);
  await desk.getByRole('button', { name: 'Ask' }).click();
  await expect(desk.getByText('measured here')).toBeVisible({ timeout: 60_000 });
  await expect(desk.locator('.findings')).toContainText(/0\.9\d+ ± 0\.00/);
  await expect(desk.locator('.findings')).toContainText('chaotic: one exponent is positive');
  await expect(desk.getByRole('img', { name: /^The exponents settle at/ })).toBeVisible();
  expect(await page.evaluate(() => window.separatrix.status()?.step ?? 0)).toBeGreaterThan(before);
});

test('a parameter set beside it is the one asked about, and a long answer can be stopped', async ({ page }) => {
  const desk = await open(page, 'lorenz?rho=15');
  await desk.getByText('Settings').click();
  await desk.getByLabel('steps, value').fill('300000');
  await desk.getByLabel('steps, value').press('Enter');
  await desk.getByRole('button', { name: 'Ask' }).click();
  await expect(desk.getByText('measured here')).toBeVisible({ timeout: 60_000 });
  await expect(desk.locator('.findings')).toContainText('not chaotic');
  await desk.getByLabel('steps, value').fill('900000000');
  await desk.getByLabel('steps, value').press('Enter');
  await desk.getByRole('button', { name: 'Ask' }).click();
  await expect(desk.locator('.findings')).not.toBeEmpty({ timeout: 60_000 });
  await desk.getByRole('button', { name: 'Stop' }).click();
  await expect(desk.getByText('stopped')).toBeVisible();
  await expect(desk.getByRole('button', { name: 'Ask' })).toBeVisible();
});

test('a sweep and a continuation draw their pictures on a phone too', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const desk = await open(page, 'logistic');
  await desk.getByRole('combobox', { name: 'Question' }).selectOption('bifurcate');
  await desk.getByRole('button', { name: 'Ask' }).click();
  await expect(desk.getByText('measured here')).toBeVisible({ timeout: 60_000 });
  await expect(desk.getByRole('img', { name: /columns of the bifurcation diagram/ })).toBeVisible();
  await desk.getByRole('combobox', { name: 'Question' }).selectOption('continue');
  await desk.getByRole('button', { name: 'Ask' }).click();
  await expect(desk.getByText('measured here')).toBeVisible({ timeout: 60_000 });
  await expect(desk.locator('.findings')).toContainText('period doubling');
});
