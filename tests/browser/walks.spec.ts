// What a person does, by role and name.
import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { expect, test } from './house';

interface Handle {
  status(): { step: number; state: { state: string }; fingerprint: string | null; device: string } | null;
  device(): { available: boolean; name: string; software: boolean } | null;
  link(): string;
  playing(): boolean;
  module(): 'light' | 'whole' | 'full';
  destroyDevice(): void;
}
declare global {
  interface Window {
    separatrix: Handle;
  }
}

const status = (page: Page) => page.evaluate(() => window.separatrix?.status() ?? null);

/** Waits until the run has come so far. */
async function reach(page: Page, step: number): Promise<void> {
  await expect.poll(async () => (await status(page))?.step ?? 0, { timeout: 90_000 }).toBeGreaterThanOrEqual(step);
}

test('bad equations are told with their place and the last good run goes on', async ({ page }) => {
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 20);
  await page.getByRole('button', { name: 'Edit as text' }).click();
  const editor = page.getByRole('textbox', { name: 'Equations' });
  await editor.fill("x'=sigma*(y-x)\ny'=x*(rhoo-z)-y\nz'=x*y-beta*z\npar sigma=10, rho=28, beta=2.6\ninit x=1,y=1,z=1\n");
  await expect(page.getByRole('alert')).toContainText('rhoo');
  const before = (await status(page))?.step ?? 0;
  await reach(page, before + 20);
  // The message stands under its line, and above the next one.
  const [told, second, third] = await Promise.all([
    page.getByRole('alert').getByText('rhoo').boundingBox(),
    page.locator('.editor pre').getByText("y'=x*(rhoo-z)-y").boundingBox(),
    page.locator('.editor pre').getByText("z'=x*y-beta*z").boundingBox(),
  ]);
  expect(told?.y).toBeGreaterThanOrEqual((second?.y ?? 0) + (second?.height ?? 0) - 1);
  expect(told?.y).toBeLessThan(third?.y ?? 0);
  await page.getByRole('button', { name: 'Use rho', exact: true }).click();
  await expect(editor).toHaveValue(/x\*\(rho-z\)-y/);
  await expect(page.getByRole('alert')).toBeEmpty();
  await expect.poll(() => page.evaluate(() => window.separatrix.link())).toContain('ode=');
  await editor.fill("x'=a*x-y\ny'=x\npar a=-0.1\ninit x=1,y=0\n");
  await expect(page.getByRole('slider', { name: 'a', exact: true })).toBeVisible();
  await reach(page, 20);
  expect(await page.evaluate(() => window.separatrix.link())).toContain('ode=');
  // A parameter of one's own takes values beyond the range that was inferred, and its slider follows.
  const slider = page.getByRole('slider', { name: 'a', exact: true });
  await page.getByRole('textbox', { name: 'a, value' }).fill('-7');
  await page.getByRole('textbox', { name: 'a, value' }).press('Enter');
  await expect.poll(() => page.evaluate(() => window.separatrix.link())).toContain('a=-7');
  await expect(slider).toHaveValue('0');
});

test('a run reloads from its own link with the same fingerprint, natively too', async ({ page }) => {
  await page.goto('./#/lorenz?rho=24.4&seed=7');
  await reach(page, 100);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => page.evaluate(() => window.separatrix.playing())).toBe(false);
  await page.getByRole('button', { name: 'Share this run' }).first().click();
  const link = await page.getByRole('dialog').getByRole('textbox').first().inputValue();
  expect(link).toContain('fingerprint=');
  const fingerprint = /fingerprint=([0-9a-f]{16})/.exec(link)?.[1];
  const fragment = link.slice(link.indexOf('#'));
  await page.goto('about:blank');
  await page.goto(`./${fragment}`);
  await expect(page.getByRole('status').filter({ hasText: /same fingerprint/i })).toBeVisible({ timeout: 60_000 });
  expect((await status(page))?.fingerprint).toBe(fingerprint);
  const program = process.env.SEPARATRIX_PROGRAM;
  expect(program, 'the native program is built before the walk-throughs').toBeTruthy();
  const told: unknown = JSON.parse(execFileSync(program as string, ['run', fragment, '--json'], { encoding: 'utf8' }));
  expect(told).toMatchObject({ fingerprint });
});

test('training makes the loss fall and the free run appears', async ({ page }) => {
  await page.goto('./?gpu=off#/generalized-teacher-forcing?hidden=20&updates=2000');
  await reach(page, 300);
  const said = page.getByRole('img', { name: /The loss is/ });
  const loss = async (): Promise<number> => Number(/is ([0-9.e+-]+) after/.exec((await said.getAttribute('aria-label')) ?? '')?.[1]);
  await expect.poll(loss, { timeout: 60_000 }).toBeLessThan(0.1);
  // Its range is left open above, and yet there is a line: pixels in the accent.
  const strength = page.getByRole('img', { name: /The forcing strength is/ }).locator('canvas');
  const coloured = await strength.evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.abs((data[i] ?? 0) - (data[i + 2] ?? 0)) > 60 && (data[i + 3] ?? 0) > 100) count += 1;
    return count;
  });
  expect(coloured).toBeGreaterThan(30);
});

test('an exhibit fetches the module that runs it, and two planes fill the stage', async ({ page }) => {
  await page.goto('./#/rnn-review?lag=6&hidden=4&updates=200');
  await expect.poll(() => page.evaluate(() => window.separatrix.module()), { timeout: 60_000 }).toBe('whole');
  await expect.poll(async () => (await page.evaluate(() => window.separatrix.status()))?.step ?? 0, { timeout: 60_000 }).toBeGreaterThan(20);
  await expect(page.locator('.hero.plane.titled')).toBeVisible();
  const [scene, hero] = await Promise.all(['.hero .scene', '.hero'].map((which) => page.locator(which).boundingBox()));
  expect(scene!.height).toBeGreaterThan(0.7 * hero!.height);
  // A system runs on in the larger module.
  await page.evaluate(() => {
    location.hash = '#/henon';
  });
  await expect(page.getByRole('heading', { level: 1, name: /Hénon/ })).toBeVisible();
  expect(await page.evaluate(() => window.separatrix.module())).toBe('whole');
});

test('a bad link opens the default, says so and keeps the text', async ({ page }) => {
  await page.goto('./?gpu=off#/lorentz?rho=3');
  await expect(page.getByText(/did you mean/i).first()).toBeVisible({ timeout: 60_000 });
  await reach(page, 10);
});

test('a CSV file is learned from', async ({ page }) => {
  await page.goto('./?gpu=off#/generalized-teacher-forcing?hidden=10&updates=1000&length=20');
  await reach(page, 5);
  const rows = Array.from({ length: 600 }, (_, i) => `${Math.sin(i * 0.1)},${Math.cos(i * 0.1)}`);
  await page.locator('input[type=file]').setInputFiles({ name: 'own.csv', mimeType: 'text/csv', buffer: Buffer.from(['a,b', ...rows].join('\n')) });
  await expect.poll(() => page.evaluate(() => window.separatrix.link()), { timeout: 60_000 }).toContain('series=');
  await reach(page, 5);
});

test('a CSV file is dropped on the page', async ({ page }) => {
  await page.goto('./?gpu=off#/generalized-teacher-forcing?hidden=10&updates=1000&length=20');
  await reach(page, 5);
  const dataTransfer = await page.evaluateHandle(() => {
    const rows = Array.from({ length: 600 }, (_, i) => `${Math.sin(i * 0.1)},${Math.cos(i * 0.1)}`);
    const data = new DataTransfer();
    data.items.add(new File([['a,b', ...rows].join('\n')], 'own.csv', { type: 'text/csv' }));
    return data;
  });
  const stage = page.getByRole('main');
  await stage.dispatchEvent('dragover', { dataTransfer });
  await expect(page.getByText('Drop equations (.ode) or a series (.csv)')).toBeVisible();
  await stage.dispatchEvent('drop', { dataTransfer });
  await expect.poll(() => page.evaluate(() => window.separatrix.link())).toContain('series=');
  await reach(page, 5);
});

test('presses of an arrow key that follow one another are one step back', async ({ page }) => {
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 10);
  const slider = page.getByRole('slider', { name: 'Rayleigh number' });
  await slider.focus();
  const link = () => page.evaluate(() => window.separatrix.link());
  // All at once: on a busy machine an answer to each would come too late for them to be one gesture.
  await Promise.all(Array.from({ length: 4 }, () => page.keyboard.press('ArrowRight')));
  await expect.poll(link).toContain('rho=28.4');
  await page.keyboard.press('Control+z');
  await expect.poll(link).toBe('lorenz');
});

test('the gallery shows one family by keyboard', async ({ page }) => {
  await page.goto('./?gpu=off#/');
  const chip = page.getByRole('group', { name: 'Families' }).getByRole('button', { name: /^Maps/ });
  const lorenz = page.locator('sx-gallery').getByRole('link', { name: /^Lorenz Edward/ });
  await expect(lorenz).toBeVisible();
  await chip.focus();
  await page.keyboard.press('Enter');
  await expect(chip).toHaveAttribute('aria-pressed', 'true');
  await expect(lorenz).toBeHidden();
  await page.keyboard.press('Space');
  await expect(lorenz).toBeVisible();
});

test('the gallery is searched and filtered, and draws what is in view alone', async ({ page }) => {
  await page.goto('./?gpu=off#/');
  const gallery = page.locator('sx-gallery');
  const tiles = gallery.locator('.tiles').getByRole('link');
  const search = page.getByRole('searchbox', { name: 'Search the gallery' });
  await expect(tiles.first()).toBeVisible();
  const all = await tiles.count();
  expect(all).toBeGreaterThan(20);
  await search.fill('rossler otto');
  await expect(tiles.first()).toHaveAccessibleName(/Rössler/);
  expect(await tiles.count()).toBeLessThan(6);
  await search.fill('');
  const two = page.getByRole('group', { name: 'Variables' }).getByRole('button', { name: /^2/ });
  await two.click();
  await expect(two).toHaveAttribute('aria-pressed', 'true');
  const planar = await tiles.count();
  expect(planar).toBeLessThan(all);
  for (const name of await tiles.allInnerTexts()) expect(name).toContain('2 variables');
  // The filters go together, and each says how many it would leave.
  const regular = page.getByRole('group', { name: 'Behaviour' }).getByRole('button', { name: /^regular/ });
  const left = Number(await regular.locator('span').innerText());
  await regular.click();
  await expect(tiles).toHaveCount(left);
  await search.fill('nothing is called this');
  await expect(gallery.getByText(/matches “nothing is called this”/)).toBeVisible();
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect(tiles).toHaveCount(all);
  // A tile far below is drawn only once it is scrolled to.
  const drawn = (which: 'first' | 'last') => gallery.locator('.tiles canvas')[which]().evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    return canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0) ?? false;
  });
  await expect.poll(() => drawn('first'), { timeout: 60_000 }).toBe(true);
  expect(await drawn('last')).toBe(false);
  await tiles.last().scrollIntoViewIfNeeded();
  await expect.poll(() => drawn('last'), { timeout: 60_000 }).toBe(true);
});

test('two fingers near the picture and leave the page as it is', async ({ browser }) => {
  const page = await browser.newPage({ hasTouch: true });
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 20);
  await page.getByRole('button', { name: 'Pause' }).click();
  const picture = page.getByRole('main').locator('canvas').first();
  let before = await picture.screenshot();
  // What was under way when the run was paused is still being drawn.
  await expect.poll(async () => {
    const last = before;
    before = await picture.screenshot();
    return before.equals(last);
  }, { intervals: [300] }).toBe(true);
  const touch = await page.context().newCDPSession(page);
  const fingers = (apart: number) => [0, 1].map((id) => ({ x: 500 + (id === 0 ? -apart : apart), y: 260, id }));
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(40) });
  for (let apart = 50; apart <= 150; apart += 20) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(apart) });
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect.poll(async () => (await picture.screenshot()).equals(before)).toBe(false);
  expect(await page.evaluate(() => window.visualViewport?.scale)).toBe(1);
  await page.close();
});

test('the link is copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 10);
  await page.getByRole('button', { name: 'Share this run' }).last().click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Link copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('fingerprint=');
});

/** The worker that runs the stage. */
function stageWorker(page: Page) {
  const worker = page.workers().find((one) => /worker-[^/]*\.js/.test(one.url()));
  if (worker === undefined) throw new Error('there is no stage worker');
  return worker;
}

test('an engine that throws or falls silent is started again from its checkpoint', async ({ page }) => {
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 20);
  // Checkpoints are made every two seconds.
  await page.waitForTimeout(2500);
  await stageWorker(page).evaluate(() => {
    self.onmessage?.(new MessageEvent('message', { data: { kind: 'camera', move: { kind: 'nonsense' } } }));
  });
  const again = page.getByText('started again from its last checkpoint');
  await expect(again).toContainText('nonsense');
  const before = (await status(page))?.step ?? 0;
  expect(before).toBeGreaterThanOrEqual(20);
  await reach(page, before + 20);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  void stageWorker(page).evaluate(() => {
    for (;;);
  }).catch(() => undefined);
  await expect(page.getByText('The engine stopped twice within a minute.')).toBeVisible();
  await page.getByRole('button', { name: 'Start again' }).click();
  await reach(page, ((await status(page))?.step ?? 0) + 20);
});

test('an adapter is found, and a lost device is survived', async ({ page }) => {
  await page.goto('./#/lorenz?copies=16');
  await reach(page, 10);
  expect(await page.evaluate(() => window.separatrix.device()?.available)).toBe(true);
  const before = (await status(page))?.step ?? 0;
  await page.evaluate(() => window.separatrix.destroyDevice());
  await expect(page.getByRole('status').filter({ hasText: /device/i }).first()).toBeVisible({ timeout: 60_000 });
  await reach(page, before + 20);
});

test('the ensemble moves to WebGPU and back without a fault', async ({ page }) => {
  await page.goto('./#/lorenz?copies=64');
  await reach(page, 10);
  await page.getByRole('button', { name: 'GPU', exact: true }).click();
  await expect.poll(async () => (await status(page))?.device, { timeout: 60_000 }).toBe('gpu');
  const before = (await status(page))?.step ?? 0;
  await reach(page, before + 100);
  expect((await status(page))?.device).toBe('gpu');
  await page.getByRole('button', { name: 'CPU', exact: true }).click();
  await expect.poll(async () => (await status(page))?.device, { timeout: 60_000 }).toBe('cpu');
});

test('everything works with WebGPU off', async ({ page }) => {
  await page.goto('./?gpu=off#/thomas');
  await reach(page, 30);
  expect((await status(page))?.device).toBe('cpu');
  const stage = page.getByRole('main').locator('canvas').first();
  const first = await stage.screenshot();
  await expect.poll(async () => (await stage.screenshot()).equals(first), { timeout: 60_000 }).toBe(false);
});

test('a phone of 390 by 844 shows the stage, the tabs and the transport', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('./?gpu=off#/lorenz');
  await reach(page, 20);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  await page.getByRole('tab', { name: 'Lesson' }).click();
  await expect(page.getByText(/All copies begin close together/)).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
});

/** Mean brightness of the cells of a grid over a picture, less their common mean. */
async function cells(page: Page, png: Buffer): Promise<number[]> {
  return page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const [width, height] = [24, 16];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const bright = Array.from({ length: width * height }, (_, i) => (data[4 * i] ?? 0) + (data[4 * i + 1] ?? 0) + (data[4 * i + 2] ?? 0));
    const mean = bright.reduce((sum, value) => sum + value, 0) / bright.length;
    return bright.map((value) => value - mean);
  }, png.toString('base64'));
}
const product = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

test('the graphics card and the processor draw the same picture', async ({ page }) => {
  const pictures: number[][] = [];
  for (const query of ['', '?gpu=off']) {
    await page.goto('about:blank');
    await page.goto(`./${query}#/lorenz?copies=32&step=600`);
    await expect.poll(async () => (await status(page))?.step, { timeout: 90_000 }).toBe(600);
    await expect.poll(() => page.evaluate(() => window.separatrix.playing())).toBe(false);
    expect(await page.evaluate(() => window.separatrix.device()?.available)).toBe(query === '');
    await page.waitForTimeout(500);
    pictures.push(await cells(page, await page.getByRole('main').locator('canvas').first().screenshot()));
  }
  const [card, processor] = pictures as [number[], number[]];
  const alike = product(card, processor) / Math.sqrt(product(card, card) * product(processor, processor));
  expect(product(card, card)).toBeGreaterThan(0);
  expect(alike).toBeGreaterThan(0.8);
});
