import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What one wait in the page may take; a busy machine trains slowly. */
export const WAIT_MS = 30_000;

/** The page, opened in a context of its own. */
export interface Visit extends AsyncDisposable {
  page: Page;
  /** Warnings and errors of the console, errors of the page, and requests that failed or went elsewhere. */
  complaints: string[];
}

/** Opens the playground and waits until it can train. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1100 }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints = listen(page, new URL(url).origin);
  await page.addInitScript(observeLongTasks);
  await page.goto(url);
  await ready(page);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

function listen(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(blob|data):/.test(request.url())) complaints.push(`elsewhere: ${request.url()}`);
  });
  return complaints;
}

/** Runs in the page, before anything else. */
function observeLongTasks(): void {
  const found: number[] = [];
  Object.assign(globalThis, { longTasks: found });
  new PerformanceObserver((list) => found.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
}

/** Milliseconds of the tasks over 50 that kept the page's thread since the last call. */
export function longTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.splice(0));
}

/** Waits until a model stands before its first step. */
export async function ready(page: Page): Promise<void> {
  await page.locator('body[data-phase=paused]').waitFor();
  await expect.poll(() => epoch(page), { timeout: WAIT_MS, message: 'a model before its first epoch' }).toBe(0);
}

/** Chooses one of the page's own data sets by its label, and waits until a model stands ready for it. */
export async function choose(page: Page, label: string): Promise<void> {
  await page.getByText(label, { exact: true }).click();
  await says(page, new RegExp(`^Ready: ${label.toLowerCase()},`));
}

/** Waits until the page says so. */
export async function says(page: Page, text: RegExp): Promise<void> {
  await expect.poll(() => page.locator('#status').innerText(), { timeout: WAIT_MS }).toMatch(text);
}

/** A figure of the page, by the beginning of its name. */
export function readout(page: Page, name: string): Promise<string> {
  return page.locator('#readouts div', { hasText: name }).locator('dd').innerText();
}

/** Epochs that have ended. */
export async function epoch(page: Page): Promise<number> {
  return Number((await readout(page, 'Epoch')).replaceAll(',', ''));
}

/** Waits until so many epochs have ended. */
export async function reach(page: Page, epochs: number): Promise<void> {
  await expect.poll(() => epoch(page), { timeout: WAIT_MS, interval: 100, message: `${epochs} epochs` }).toBeGreaterThanOrEqual(epochs);
}

/** Waits until no epoch has ended for a while, in which many would in training, and gives how many have. */
export async function settled(page: Page): Promise<number> {
  let last = await epoch(page);
  const unchanged = async (): Promise<boolean> => {
    const before = last;
    await page.waitForTimeout(700);
    last = await epoch(page);
    return last === before;
  };
  await expect.poll(unchanged, { timeout: WAIT_MS, message: 'an end of training' }).toBe(true);
  return last;
}

/** What a canvas shows. */
export function pixels(page: Page, id: string): Promise<string> {
  return page.locator(`#${id}`).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** Lets a file fall on the page. */
export async function drop(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    (file) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([file.text], file.name, { type: 'text/csv' }));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    },
    { name, text },
  );
}
