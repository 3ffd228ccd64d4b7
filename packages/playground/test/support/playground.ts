import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What one wait in the page may take; a busy machine trains slowly. */
export const WAIT = 30_000;

/** The page, opened in a context of its own. */
export interface Visit {
  page: Page;
  /** Warnings and errors of the console, errors of the page, and requests that failed or went elsewhere. */
  complaints: string[];
  /** Durations in milliseconds of tasks that kept the page's thread for more than 50. */
  longTasks(): Promise<number[]>;
  close(): Promise<void>;
}

/** Opens the playground and waits until it can train. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'no-preference', ...options });
  context.setDefaultTimeout(WAIT);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !/^(blob|data):/.test(request.url())) complaints.push(`elsewhere: ${request.url()}`);
  });
  await page.addInitScript(() => {
    const found: number[] = [];
    Object.assign(globalThis, { longTasks: found });
    new PerformanceObserver((list) => found.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
  });
  await page.goto(url);
  await ready(page);
  return {
    page,
    complaints,
    longTasks: () => page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.splice(0)),
    close: () => context.close(),
  };
}

/** Waits until a model stands ready before its first step. */
export async function ready(page: Page): Promise<void> {
  await page.locator('body[data-phase=paused]').waitFor();
  expect(await epoch(page)).toBe(0);
}

/** A figure of the page. */
export function readout(page: Page, name: string): Promise<string> {
  return page.locator('#readouts div', { hasText: name }).locator('dd').innerText();
}

/** Epochs that have ended. */
export async function epoch(page: Page): Promise<number> {
  return Number((await readout(page, 'Epoch')).replaceAll(',', ''));
}

/** Waits until so many epochs have ended. */
export async function reach(page: Page, epochs: number): Promise<void> {
  await expect.poll(() => epoch(page), { timeout: WAIT, interval: 50, message: `${epochs} epochs` }).toBeGreaterThanOrEqual(epochs);
}

/** What a canvas shows. */
export function pixels(page: Page, id: string): Promise<string> {
  return page.locator(`#${id}`).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}
