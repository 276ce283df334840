// Walk-throughs in headless Chromium against the built page. `cargo xtask test` serves the page and sets
// SEPARATRIX_PAGE (its address), SEPARATRIX_CHROMIUM (the browser) and SEPARATRIX_PROGRAM (the native program).
import { defineConfig } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// The flags of the wasm tests serve here too: SwiftShader stands in for a graphics card.
const flags: string[] = JSON.parse(readFileSync(join(__dirname, '../webdriver.json'), 'utf8'))['goog:chromeOptions'].args;

export default defineConfig({
  testDir: '.',
  // Benchmarks are no tests.
  testIgnore: process.env.BENCH_RESULTS === undefined ? ['bench.spec.ts'] : [],
  outputDir: '../../test-results',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // The emulated graphics card takes every core there is.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: process.env.SEPARATRIX_PAGE,
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'no-preference',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env.SEPARATRIX_CHROMIUM, args: flags },
  },
});
