import { expect, test } from './house';

test('the page opens on a running system and its pictures move', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('main')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  const stage = page.getByRole('main').locator('canvas').first();
  const first = await stage.screenshot();
  await expect.poll(async () => (await stage.screenshot()).equals(first), { timeout: 60_000 }).toBe(false);
});
