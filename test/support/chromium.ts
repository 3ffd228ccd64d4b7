/** A real Chromium, and what a page in it does. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserPath } from './browsers.ts';

export type { Browser };

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Pages here are done within a second or two. */
const PAGE_LIMIT_MS = 30_000;

/** What a page came to. */
export interface Visit<T> {
  value: T;
  /** Errors on the console, uncaught ones, and requests that were answered with an error. */
  errors: string[];
  warnings: string[];
}

/** Starts Chromium: the program that the environment variable CHROMIUM names, or the one found under a usual name. */
export async function startChromium(flags: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath('CHROMIUM'), args: [...FLAGS, ...flags] });
}

/** Opens the page and gives what its global promise `name` resolves to; a rejection is an error with what the page said. */
export async function visit<T>(browser: Browser, url: string, name: string): Promise<Visit<T>> {
  const page = await browser.newPage();
  const [errors, warnings] = [[] as string[], [] as string[]];
  listen(page, errors, warnings);
  try {
    await page.goto(url, { timeout: PAGE_LIMIT_MS });
    const value = (await page.evaluate(waitFor, { name, limit: PAGE_LIMIT_MS })) as T;
    return { value, errors, warnings };
  } catch (cause) {
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : String(cause)}\n${[...errors, ...warnings].join('\n')}`, { cause });
  } finally {
    await page.close();
  }
}

function listen(page: Page, errors: string[], warnings: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
    if (message.type() === 'warning') warnings.push(message.text());
  });
  page.on('pageerror', (error) => void errors.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.url()}: ${response.status()}`);
  });
}

/** Runs in the page. */
function waitFor({ name, limit }: { name: string; limit: number }): Promise<unknown> {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${name} was not there after ${limit} ms`)), limit));
  const there = async (): Promise<unknown> => {
    while (Reflect.get(globalThis, name) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    return Reflect.get(globalThis, name);
  };
  return Promise.race([there(), late]);
}
