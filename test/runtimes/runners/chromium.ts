import { startChromium, visit, type Browser } from '../../support/chromium.ts';
import { ISOLATION, serve } from '../../support/serve.ts';
import { inTime, type Page, type Runtime, type Stage } from '../runtime.ts';
import type { Outcome } from '../scenario.ts';

/** Chromium, on a page that is isolated from other origins or not. */
export function chromium(isolated: boolean): Runtime {
  return {
    name: `Chromium, page ${isolated ? 'isolated' : 'not isolated'}`,
    loading: 'fetch',
    pinned: false,
    run: (folder, stage) =>
      withBrowser(folder, isolated, stage, async (browser, url) => {
        const { value, errors } = await visit<Outcome>(browser, url, 'outcome');
        if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`);
        return { version: browser.version(), outcome: value };
      }),
  };
}

/** Serves `folder` and starts Chromium with an empty page for `use`. */
export function inChromium<T>(folder: string, isolated: boolean, use: (page: Page, url: string) => Promise<T>): Promise<T> {
  return withBrowser(folder, isolated, () => {}, async (browser, url) => use(await browser.newPage(), url));
}

async function withBrowser<T>(folder: string, isolated: boolean, stage: Stage, use: (browser: Browser, url: string) => Promise<T>): Promise<T> {
  stage('the start of the browser');
  const browser = await startChromium();
  try {
    const site = await serve(folder, isolated ? ISOLATION : {});
    stage('the page');
    return await inTime(use(browser, site.url), () => 'the page in Chromium').finally(() => site.close());
  } finally {
    stage('the end of the browser');
    await browser.close();
  }
}
