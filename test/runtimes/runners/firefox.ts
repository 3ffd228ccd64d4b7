/** Firefox, by puppeteer over WebDriver BiDi. */
import { launch } from 'puppeteer-core';
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
    async run(folder) {
      const site = await serve(folder, isolated ? ISOLATION : {});
      const browser = await launch({ browser: 'firefox', executablePath: browserPath('FIREFOX'), headless: true, protocolTimeout: LIMIT_MS });
      try {
        const page = await browser.newPage();
        await page.goto(site.url, { waitUntil: 'load' });
        const outcome = (await inTime(page.evaluate('outcome'), 'the page in Firefox')) as Outcome;
        return { version: (await browser.version()).replace(/^\D+/, ''), outcome };
      } finally {
        await Promise.all([browser.close(), site.close()]);
      }
    },
  };
}
