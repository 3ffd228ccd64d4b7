/** The page's thread is never kept for long while the engine trains. */
import { shutdown } from 'cambium';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from '../../../test/bundlers/chromium.ts';
import { ISOLATION, serve, type Site } from '../../../test/bundlers/serve.ts';
import { buildPage, BUILD_MS, type Built } from './support/build.ts';
import { epoch, longTasks, reach, ready, visit } from './support/playground.ts';

/** What a browser calls a long task. */
const LONG_MS = 50;
const WINDOW_MS = 2500;
/**
 * Other programs can lengthen a task and never shorten one, so one window without a long task shows that the page has none.
 * The processor time of tasks, which others hardly change, is held to the same bound in all windows.
 */
const WINDOWS = 12;

let built: Built;
let browser: Browser;
let site: Site;

beforeAll(async () => {
  [browser, built] = await Promise.all([startChromium(), buildPage()]);
  site = await serve(built.folder, ISOLATION);
}, BUILD_MS);

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), built?.remove(), shutdown()]);
});

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  dur?: number;
  /** Processor time in microseconds. */
  tdur?: number;
  args: { name?: string };
}

/** Milliseconds of processor time of all tasks on the thread of a page, in a trace. */
function processorTimes(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const key = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const threads = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(key));
  return traceEvents.filter((event) => /RunTask$/.test(event.name) && threads.has(key(event)) && event.tdur !== undefined).map(({ tdur }) => tdur! / 1000);
}

/** Trains for a while: long tasks as the page's observer sees them, and the processor time of every task. */
async function train(page: Page): Promise<{ long: number[]; processor: number[] }> {
  const begun = await epoch(page);
  await browser.startTracing(page, { categories: ['toplevel'] });
  await longTasks(page);
  await page.waitForTimeout(WINDOW_MS);
  const long = await longTasks(page);
  const processor = processorTimes(await browser.stopTracing());
  expect(await epoch(page), 'epochs trained meanwhile').toBeGreaterThan(begun);
  return { long, processor };
}

it.each(['Digits', 'Spirals'])('%s', async (name) => {
  await using opened = await visit(browser, `${site.url}${built.path}`);
  const { page, complaints } = opened;
  await page.getByText(name, { exact: true }).click();
  await ready(page);
  await page.locator('#run').click();
  // Code that runs for the first time is compiled first.
  await reach(page, 20);
  const seen: string[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const { long, processor } = await train(page);
    expect(processor.length, 'tasks in the trace').toBeGreaterThan(100);
    expect(Math.max(...processor), 'milliseconds of processor time of the longest task').toBeLessThan(LONG_MS);
    seen.push(`[${long.map(Math.round).join(', ')}]`);
    if (long.length === 0) break;
  }
  expect(seen.at(-1), `long tasks in ${WINDOWS} windows of ${WINDOW_MS} ms, by window: ${seen.join(' ')}`).toBe('[]');
  expect(complaints).toEqual([]);
}, 120_000);
