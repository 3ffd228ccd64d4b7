/** Firefox, by puppeteer over WebDriver BiDi. */
import { launch, type Browser, type Page } from 'puppeteer-core';
import { browserPath } from '../../browsers.ts';
import { ISOLATION, serve } from '../../bundlers/serve.ts';
import { inTime, LIMIT_MS, type Runtime } from '../runtime.ts';
import type { Outcome } from '../scenario.ts';

/** Firefox, on a page that is isolated from other origins or not. */
export function firefox(isolated: boolean): Runtime {
  return {
    name: `Firefox, page ${isolated ? 'isolated' : 'not isolated'}`,
    loading: 'fetch',
    pinned: false,
    run: (folder) =>
      onPage(folder, isolated, '', async (page, browser) => ({
        version: (await browser.version()).replace(/^\D+/, ''),
        outcome: (await page.evaluate('outcome')) as Outcome,
      })),
    example: (folder) =>
      onPage(folder, isolated, 'page.html', async (page) => {
        await page.waitForFunction(`document.querySelector('output').textContent.includes('right')`, { timeout: LIMIT_MS });
        return (await page.evaluate(`document.querySelector('output').textContent`)) as string;
      }),
  };
}

async function onPage<T>(folder: string, isolated: boolean, path: string, use: (page: Page, browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launch({ browser: 'firefox', executablePath: browserPath('FIREFOX'), headless: true, protocolTimeout: LIMIT_MS });
  try {
    const site = await serve(folder, isolated ? ISOLATION : {});
    const opened = browser.newPage().then(async (page) => {
      await page.goto(`${site.url}${path}`);
      return use(page, browser);
    });
    return await inTime(opened, 'the page in Firefox').finally(() => site.close());
  } finally {
    await browser.close();
  }
}
