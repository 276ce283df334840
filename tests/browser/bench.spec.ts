// The benchmarks in the browser: run by `cargo xtask bench` alone, which sets BENCH_PAGE (the page of benchmarks),
// BENCH_RESULTS (where the report goes) and BENCH_LIGHT (the light module).
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

declare global {
  interface Window {
    bench: {
      figures(name: string): Promise<unknown>;
      zoo(name: string): Promise<unknown>;
      device(): Promise<unknown>;
      tensorflow(name: string, timed: number, compare: boolean): Promise<unknown>;
      tensorflowVersion: string;
    };
  }
}
const LOADS = 5;

test('benchmarks', async ({ page, browser }) => {
  test.setTimeout(1_800_000);
  await page.goto(process.env.BENCH_PAGE as string);
  await page.waitForFunction(() => window.bench !== undefined);
  const simd = await page.evaluate(() => window.bench.figures('simd'));
  const scalar = await page.evaluate(() => window.bench.figures('scalar'));
  const zoo = await page.evaluate(() => window.bench.zoo('simd'));
  const tensorflow: unknown[] = [];
  for (const [name, timed, compare] of [['wasm', 20, true], ['cpu', 20, true], ['webgpu', 2, false]] as const) {
    tensorflow.push(await page.evaluate(([name, timed, compare]) => window.bench.tensorflow(name, timed, compare), [name, timed, compare] as const));
  }
  const tensorflowVersion = await page.evaluate(() => window.bench.tensorflowVersion);
  const device = await page.evaluate(() => window.bench.device());

  const firstPictures: number[] = [];
  // The first load fills the cache.
  for (let load = 0; load <= LOADS; load++) {
    await page.goto('about:blank');
    await page.goto(`${process.env.SEPARATRIX_PAGE}#/lorenz`);
    const time = await page.evaluate(() => new Promise<number>((resolve) => {
      // A step is told together with the first picture of it.
      const look = (): void => {
        const step = (window as unknown as { separatrix?: { status(): { step: number } | null } }).separatrix?.status()?.step ?? 0;
        if (step >= 1) resolve(performance.now());
        else setTimeout(look, 4);
      };
      look();
    }));
    if (load > 0) firstPictures.push(time);
  }
  expect(firstPictures.every((time) => time > 0)).toBe(true);
  const lightBytes = brotliCompressSync(readFileSync(process.env.BENCH_LIGHT as string)).length;
  const report = { version: browser.version(), tensorflowVersion, simd, scalar, zoo, device, tensorflow, firstPictures, lightBytes };
  writeFileSync(process.env.BENCH_RESULTS as string, JSON.stringify(report, null, 2));
});
