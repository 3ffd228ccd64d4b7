/** Firefox, by puppeteer over WebDriver BiDi. */
import { launch, type Browser } from 'puppeteer-core';
import { browserPath } from '../../support/browsers.ts';
import { ISOLATION, serve } from '../../support/serve.ts';
import { inTime, LIMIT_MS, type Page, type Runtime, type Stage } from '../runtime.ts';
import type { Outcome } from '../scenario.ts';

/** Firefox, on a page that is isolated from other origins or not. */
export function firefox(isolated: boolean): Runtime {
  return {
    name: `Firefox, page ${isolated ? 'isolated' : 'not isolated'}`,
    loading: 'fetch',
    pinned: false,
    run: (folder, stage) =>
      withBrowser(folder, isolated, stage, async (page, url, browser) => {
        await page.goto(url);
        return { version: (await browser.version()).replace(/^\D+/, ''), outcome: (await page.evaluate('outcome')) as Outcome };
      }),
  };
}

/** Serves `folder` and starts Firefox with an empty page for `use`. */
export function inFirefox<T>(folder: string, isolated: boolean, use: (page: Page, url: string) => Promise<T>): Promise<T> {
  return withBrowser(folder, isolated, () => {}, use);
}

async function withBrowser<T>(folder: string, isolated: boolean, stage: Stage, use: (page: Page, url: string, browser: Browser) => Promise<T>): Promise<T> {
  stage('the start of the browser');
  const browser = await launch({ browser: 'firefox', executablePath: browserPath('FIREFOX'), headless: true, protocolTimeout: LIMIT_MS });
  try {
    const site = await serve(folder, isolated ? ISOLATION : {});
    stage('the page');
    const used = browser.newPage().then((page) => use(page, site.url, browser));
    return await inTime(used, () => 'the page in Firefox').finally(() => site.close());
  } finally {
    stage('the end of the browser');
    await browser.close();
  }
}
