import type { Browser } from 'playwright-core';
import { startChromium, visit } from '../../bundlers/chromium.ts';
import { ISOLATION, serve } from '../../bundlers/serve.ts';
import { inTime, LIMIT_MS, type Runtime } from '../runtime.ts';
import type { Outcome } from '../scenario.ts';

/** Chromium, on a page that is isolated from other origins or not. */
export function chromium(isolated: boolean): Runtime {
  return {
    name: `Chromium, page ${isolated ? 'isolated' : 'not isolated'}`,
    loading: 'fetch',
    pinned: false,
    run: (folder) =>
      withBrowser(folder, isolated, async (browser, url) => {
        const { value, errors } = await inTime(visit<Outcome>(browser, url, 'outcome'), 'the page in Chromium');
        if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`);
        return { version: browser.version(), outcome: value };
      }),
    example: (folder) =>
      withBrowser(folder, isolated, async (browser, url) => {
        const page = await browser.newPage();
        await page.goto(`${url}page.html`);
        const output = page.locator('output', { hasText: 'right' });
        await output.waitFor({ timeout: LIMIT_MS });
        return output.innerText();
      }),
  };
}

async function withBrowser<T>(folder: string, isolated: boolean, use: (browser: Browser, url: string) => Promise<T>): Promise<T> {
  const browser = await startChromium();
  try {
    const site = await serve(folder, isolated ? ISOLATION : {});
    return await use(browser, site.url).finally(() => site.close());
  } finally {
    await browser.close();
  }
}
