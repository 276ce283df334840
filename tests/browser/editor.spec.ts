// The editor of equations: colours, words and findings while one types, examples, files, presets and exports.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { EXAMPLES } from '../../web/src/examples';
import { expect, test } from './house';

const link = (page: Page) => page.evaluate(() => window.separatrix.link());
const step = (page: Page) => page.evaluate(() => window.separatrix?.status()?.step ?? 0);

async function open(page: Page, fragment = 'lorenz'): Promise<void> {
  await page.goto(`./?gpu=off#/${fragment}`);
  await expect.poll(() => step(page), { timeout: 60_000 }).toBeGreaterThan(5);
}
async function edit(page: Page) {
  await page.getByRole('button', { name: 'Edit as text' }).click();
  return page.getByRole('textbox', { name: 'Equations' });
}
/** The looks of a word on the sheet under the text area. */
const looks = (page: Page, word: string) => page.locator('.editor pre span').filter({ hasText: new RegExp(`^${word}$`) }).first();

test('words are coloured while one types, and what is wrong is marked at once and told after a pause', async ({ page }) => {
  await open(page);
  const editor = await edit(page);
  await editor.fill("x'=-k*x\npar k=1\ninit x=1\n");
  await expect(looks(page, 'par')).toHaveClass('keyword');
  await expect(looks(page, 'x')).toHaveClass('variable');
  await expect(looks(page, 'k')).toHaveClass('parameter');
  await editor.press('Control+Home');
  await editor.press('End');
  await editor.pressSequentially('+qq');
  await expect(looks(page, 'qq')).toHaveClass(/unknown/);
  await expect(page.getByRole('alert')).toContainText('qq');
  // An unknown name is told by more than its colour.
  expect(await looks(page, 'qq').evaluate((element) => getComputedStyle(element).textDecorationLine)).toBe('underline');
  // Later lines keep their messages and their looks when a line is put before them.
  await editor.press('Control+Home');
  await editor.pressSequentially('# a note\n');
  await expect(page.getByRole('alert').getByText('line 2')).not.toHaveCount(0);
  await expect(looks(page, '# a note')).toHaveClass('comment');
});

test('what is typed while the run changes over is not lost', async ({ page }) => {
  await open(page);
  const editor = await edit(page);
  await editor.fill("x'=-x\ninit x=1\n");
  await editor.press('Control+End');
  const typed = '# while the run changes over';
  // The text is run after a pause of 450 ms, and its answer takes a moment.
  await page.waitForTimeout(455);
  await editor.pressSequentially(typed, { delay: 15 });
  await expect.poll(() => link(page)).toContain('ode=');
  await expect(editor).toHaveValue(new RegExp(`${typed}$`));
});

test('names are completed by keys and by click, and Tab leaves the editor when no list is open', async ({ page }) => {
  await open(page);
  const editor = await edit(page);
  await editor.fill("x'=-kappa*x\npar kappa=1, karma=2\n\n");
  await expect(looks(page, 'kappa')).toHaveClass('parameter');
  await editor.press('Control+End');
  const list = page.getByRole('listbox', { name: 'Names' });
  await editor.pressSequentially('aux u=k');
  await expect(list).toBeHidden();
  await editor.pressSequentially('a');
  await expect(list.getByRole('option')).toHaveCount(2);
  await expect(list.getByRole('option', { name: /^kappa/ })).toHaveAttribute('aria-selected', 'true');
  await expect(list.getByRole('option', { name: /^kappa/ })).toContainText('= 1');
  await editor.press('ArrowDown');
  await expect(editor).toHaveAttribute('aria-activedescendant', (await list.getByRole('option', { name: /^karma/ }).getAttribute('id')) ?? 'none');
  await editor.press('Tab');
  await expect(editor).toHaveValue(/aux u=karma$/);
  await editor.pressSequentially('+ka');
  await editor.press('Escape');
  await expect(list).toBeHidden();
  await expect(editor).toBeFocused();
  await editor.press('Control+Space');
  await list.getByRole('option', { name: /^kappa/ }).click();
  await expect(editor).toHaveValue(/aux u=karma\+kappa$/);
  // The browser's own undo takes the word back.
  await editor.press('Control+z');
  await expect(editor).toHaveValue(/aux u=karma\+ka$/);
  await editor.press('Tab');
  await expect(editor).not.toBeFocused();
});

test('every example reads without a finding and runs', async ({ page }) => {
  await open(page);
  const told = await page.evaluate(async (texts) => {
    // The module by itself, as the worker loads it.
    const bindings = await import(new URL('pkg/light/playground.js', document.baseURI).href);
    await bindings.default({ module_or_path: fetch(new URL('pkg/light/playground_bg.wasm', document.baseURI)) });
    const laboratory = new bindings.Laboratory();
    return texts.map((text) => {
      const { diagnostics, highlights } = laboratory.readAlong(text);
      const opened = laboratory.edit(text, true).opened;
      laboratory.advance(200, 200);
      return { diagnostics, unknown: highlights.filter((one: { class: string }) => one.class === 'unknown'), fault: opened?.fault ?? null, state: laboratory.status().state.state };
    });
  }, EXAMPLES.map(({ text }) => text));
  told.forEach((one, i) => expect(one, EXAMPLES[i]?.name ?? '').toEqual({ diagnostics: [], unknown: [], fault: null, state: 'ready' }));
});

test('an example with sets gives presets, and choosing one is one step back', async ({ page }) => {
  await open(page);
  const editor = await edit(page);
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: /^Sets of values/ }).click();
  await expect(editor).toHaveValue(/set spikes/);
  const presets = page.getByRole('button', { name: /^Presets/ });
  await expect(presets).toBeVisible();
  await expect.poll(() => link(page)).toContain('ode=');
  const before = await link(page);
  await presets.press('ArrowDown');
  const chosen = page.getByRole('menuitemradio', { name: 'blocked' });
  await expect(page.getByRole('menuitemradio', { name: 'rest' })).toBeFocused();
  await page.keyboard.press('b');
  await expect(chosen).toBeFocused();
  await page.keyboard.press('Enter');
  await expect.poll(() => link(page)).toContain('current=1.6');
  expect(await link(page)).toContain('v_0=1');
  await expect(page.getByRole('button', { name: 'Presets: blocked' })).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect.poll(() => link(page)).toBe(before);
});

test('equations are dropped together with the table that they read', async ({ page }) => {
  await open(page);
  const drop = async (files: [string, number[]][]): Promise<void> => {
    const dataTransfer = await page.evaluateHandle((all) => {
      const data = new DataTransfer();
      for (const [name, bytes] of all) data.items.add(new File([Uint8Array.from(bytes)], name));
      return data;
    }, files);
    await page.getByRole('main').dispatchEvent('drop', { dataTransfer });
  };
  const bytes = (text: string): number[] => [...Buffer.from(text, 'latin1')];
  const table = `5\n-2\n2\n${[4, 1, 0, 1, 4].join('\n')}\n`;
  // Latin-1, as older files have it.
  await drop([['w.tab', bytes(table)], ['own.ode', bytes("# d\xe9j\xe0 vu\ntable w w.tab\nx'=-w(x)\ninit x=1\n")]]);
  await expect(page.getByRole('textbox', { name: 'Equations' })).toHaveValue(/déjà vu/);
  await expect.poll(() => link(page)).toContain('ode=');
  await expect(page.getByRole('alert')).toBeEmpty();
  await expect.poll(() => step(page)).toBeGreaterThan(5);
  const kept = await page.getByRole('textbox', { name: 'Equations' }).inputValue();
  const told = page.locator('.told');
  for (const [files, words] of [
    [[['a.ode', bytes("x'=1")], ['b.ode', bytes("y'=1")]], '2 files of equations'],
    [[['a.ode', new Array<number>(70_000).fill(32)]], 'equations may have 64 KB'],
    [[['a.ode', [0x78, 0, 1]]], 'not text'],
    [[['own.ode', bytes('table w w.tab\nx\'=-w(x)\n')], ['w.tab', bytes('no table')]], 'in place of the number of points']] as [[string, number[]][], string][]) {
    await drop(files);
    await expect(told).toContainText(words);
    await expect(page.getByRole('textbox', { name: 'Equations' })).toHaveValue(kept);
  }
});

test('the present equations are exported to a file', async ({ page }) => {
  await open(page, 'lorenz?rho=24.4');
  await page.getByRole('button', { name: 'Export as' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: '.ode' }).click()]);
  expect(download.suggestedFilename()).toBe('lorenz.ode');
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).toMatch(/rho\s*=\s*24\.4/);
  expect(text).toContain("x'");
});

test('of many equations the first are typeset, and the others on demand', async ({ page }) => {
  await open(page);
  const editor = await edit(page);
  await editor.fill("u[0..63]'=-u[j]\ninit u[0..63]=1\n");
  const more = page.getByRole('button', { name: '… 52 more' });
  await expect(more).toBeVisible();
  const set = page.getByRole('region', { name: 'Equations' }).locator('math');
  await expect(set).toHaveCount(12);
  await more.click();
  await expect(set).toHaveCount(64);
  await page.getByRole('button', { name: 'Only the first 12' }).click();
  await expect(set).toHaveCount(12);
});
