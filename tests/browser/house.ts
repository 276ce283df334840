// What every walk-through starts from: a page whose console must stay free of errors.
import { expect, test as base } from '@playwright/test';

export { expect };

export interface Options {
  /** Console errors that a walk-through provokes on purpose. */
  provoked: RegExp[];
}

export const test = base.extend<Options>({
  provoked: [[], { option: true }],
  page: async ({ page, provoked }, use) => {
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    await use(page);
    expect(errors.filter((text) => !provoked.some((pattern) => pattern.test(text)))).toEqual([]);
  },
});
