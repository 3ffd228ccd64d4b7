import { readFile } from 'node:fs/promises';
import { shutdown } from 'cambium';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { startChromium } from '../../../../test/support/chromium.ts';
import { ISOLATION, serve, type Site } from '../../../../test/support/serve.ts';
import { buildPage, BUILD_MS, type Built } from './build.ts';
import { visit, type Visit } from './playground.ts';

/** The built page on a server, and a browser to open it. */
export interface Opener {
  readonly browser: Browser;
  /** Address of the page, served with the headers that isolate it, or without. */
  url(isolated: boolean): string;
  /** Opens the isolated page. */
  open(options?: BrowserContextOptions): Promise<Visit>;
}

/** Builds and serves the page, and starts Chromium, for the tests of one file. */
export function usePlayground(): Opener {
  let built: Built;
  let browser: Browser;
  let isolated: Site;
  let plain: Site;
  beforeAll(async () => {
    [browser, built] = await Promise.all([startChromium(), buildPage()]);
    [isolated, plain] = await Promise.all([serve(built.folder, ISOLATION), serve(built.folder)]);
  }, BUILD_MS);
  afterAll(async () => {
    await browser?.close();
    await Promise.all([isolated?.close(), plain?.close(), built?.remove(), shutdown()]);
  });
  const url = (shared: boolean): string => `${(shared ? isolated : plain).url}${built.path}`;
  return {
    get browser() {
      return browser;
    },
    url,
    open: (options) => visit(browser, url(true), options),
  };
}

/** Clicks the download button and gives the file. */
export async function download(page: Page): Promise<{ name: string; bytes: Uint8Array }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
  return { name: file.suggestedFilename(), bytes: new Uint8Array(await readFile((await file.path())!)) };
}
