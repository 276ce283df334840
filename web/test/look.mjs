// Takes pictures of the page on the stand-in laboratory (`npm run build:rehearsal` first) and fails on any
// console error. Usage: node test/look.mjs FOLDER
import { createServer } from 'node:http';
import { readFile, mkdir } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../node_modules/.rehearsal/', import.meta.url));
const out = process.argv[2] ?? 'test-results';
await mkdir(out, { recursive: true });
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const server = createServer(async (request, response) => {
  const path = normalize(new URL(request.url ?? '/', 'http://host').pathname).replace(/\/$/, '/index.html');
  try {
    const body = await readFile(join(root, path));
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}/?rehearsal`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
let faults = 0;

/** One page of a given size and theme; `act` does what the picture is to show. */
async function look(name, width, height, dark, hash, act = async () => {}, more = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', hasTouch: width < 720, ...more });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    faults++;
    console.error(name, message.text());
  });
  page.on('pageerror', (error) => {
    faults++;
    console.error(name, error.stack);
  });
  await page.goto(address + hash);
  await page.waitForTimeout(2500);
  try {
    await act(page);
  } catch (error) {
    faults++;
    console.error(name, String(error).slice(0, 600));
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) {
    faults++;
    console.error(name, `scrolls sideways by ${wide}`);
  }
  await page.screenshot({ path: join(out, `${name}.png`) });
  await context.close();
}

const only = process.argv[3];
const all = [
  ['a-1440-dark', 1440, 900, true, '#/lorenz?rho=30', async (page) => { await page.getByRole('button', { name: 'Measure', exact: true }).click(); await page.waitForTimeout(3500); }],
  ['a-1440-light', 1440, 900, false, ''],
  ['b-1440-dark', 1440, 900, true, '#/generalized-teacher-forcing', async (page) => { await page.getByRole('button', { name: 'Measure', exact: true }).click(); await page.waitForTimeout(4500); }],
  ['b-1440-light', 1440, 900, false, '#/generalized-teacher-forcing'],
  ['c-1440-dark', 1440, 900, true, '#/', async (page) => page.waitForTimeout(1500)],
  ['d-editor', 1440, 900, true, '', async (page) => { await page.getByRole('button', { name: 'Edit as text' }).click(); await page.getByRole('textbox', { name: 'Equations' }).fill("par sigma=10, rho=28\n# a comment\nx' = sigma*(yy - x)\ny' = x*(rho - z) - y\nz' = x*y - beta*z\n"); await page.getByRole('alert').getByText('no yy').waitFor({ timeout: 3000 }); }],
  ['d-diverged', 1440, 900, false, '', async (page) => { await page.getByRole('button', { name: 'Next' }).click(); await page.getByRole('button', { name: 'Next' }).click(); await page.getByRole('button', { name: 'Break it' }).click(); await page.getByText('Diverged').waitFor({ timeout: 5000 }); }],
  ['d-lost', 1440, 900, true, '', async (page) => { await page.evaluate(() => window.separatrix.destroyDevice()); await page.getByText('went away').waitFor({ timeout: 5000 }); await page.waitForTimeout(1500); }],
  ['d-link', 1440, 900, true, '#/no-such-thing', async (page) => page.getByText('does not open').waitFor({ timeout: 5000 })],
  ['d-target', 1440, 900, true, '#/lorenz?step=300&fp=0', async (page) => page.getByText('fingerprint differs').waitFor({ timeout: 9000 })],
  ['e-1440-dark', 1440, 900, true, '', async (page) => { await page.keyboard.press('p'); await page.waitForTimeout(800); }],
  ['f-800-dark', 800, 500, true, '#/lorenz?embed'],
  ['share', 1440, 900, false, '', async (page) => page.getByRole('button', { name: 'Share this run' }).last().click()],
  ['help', 1440, 900, false, '', async (page) => page.keyboard.press('?')],
  ['still', 1440, 900, false, '', async (page) => page.waitForTimeout(2500), { reducedMotion: 'reduce' }],
  ['swap', 1440, 900, true, '', async (page) => { await page.getByRole('button', { name: 'Show Return map on the stage' }).click(); await page.waitForTimeout(600); }],
  ['m-900-dark', 900, 700, true, ''],
  ['a-390-dark', 390, 844, true, ''],
  ['a-390-light', 390, 844, false, '', async (page) => page.getByRole('tab', { name: 'Claims' }).click()],
  ['b-390-dark', 390, 844, true, '#/generalized-teacher-forcing', async (page) => page.getByRole('button', { name: 'Loss' }).click()],
  ['c-390-light', 390, 844, false, '#/'],
  ['a-360', 360, 640, false, '', async (page) => page.getByRole('button', { name: 'Menu' }).click()],
];
for (const one of all) if (only === undefined || one[0].startsWith(only)) await look(...one);
await browser.close();
server.close();
console.log(faults === 0 ? 'no console error, no sideways scroll' : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
