/** The page's thread is never kept for long while the engine trains. */
import { existsSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { choose, epoch, longTasks, reach } from './support/playground.ts';
import { usePlayground } from './support/site.ts';

/** What a browser calls a long task. */
const LONG_MS = 50;
const WINDOW_MS = 2500;
/**
 * One window without a long task shows that the page has none: other programs can lengthen a task and never shorten one. On a
 * busy machine there may be no such window. Then no task may have used the processor for so long, and the kernel must have
 * counted that the page's thread was ready and waited for a processor, for all the time that tasks stood still.
 */
const WINDOWS = 6;

const playground = usePlayground();

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds by the clock, and of processor time. */
  dur: number;
  tdur?: number;
  args: { name?: string };
}

/** All tasks on the threads of pages, in a trace. */
function pageTasks(trace: Buffer): TraceEvent[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const key = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const threads = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(key));
  return traceEvents.filter((event) => /RunTask$/.test(event.name) && threads.has(key(event)) && event.tdur !== undefined);
}

/** Milliseconds for which the first thread of a process was ready and waited for a processor; undefined where no kernel tells. */
function waited(pid: number | undefined): number | undefined {
  const file = `/proc/${pid}/task/${pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[1]) / 1e6 : undefined;
}

/** What happened on the page's thread in a while of training, in milliseconds. */
interface Window {
  /** The page's process. */
  pid: number;
  /** Long tasks, as the page's observer sees them. */
  long: number[];
  /** Processor time of the task that used most. */
  processor: number;
  /** Time in which tasks stood still, and in which the thread waited for a processor. */
  still: number;
  waited: number | undefined;
}

async function train(page: Page, pid?: number): Promise<Window> {
  const begun = await epoch(page);
  const before = waited(pid);
  await playground.browser.startTracing(page, { categories: ['toplevel'] });
  await longTasks(page);
  await page.waitForTimeout(WINDOW_MS);
  const long = await longTasks(page);
  const tasks = pageTasks(await playground.browser.stopTracing());
  const after = waited(pid);
  expect(await epoch(page), 'epochs trained meanwhile').toBeGreaterThan(begun);
  expect(tasks.length, 'tasks in the trace').toBeGreaterThan(20);
  return {
    pid: tasks[0]!.pid,
    long: long.map(Math.round),
    processor: Math.max(...tasks.map(({ tdur }) => tdur! / 1000)),
    still: tasks.reduce((sum, { dur, tdur }) => sum + (dur - tdur!) / 1000, 0),
    waited: before === undefined || after === undefined ? undefined : after - before,
  };
}

it.each(['Digits', 'Spirals'])('%s', async (name) => {
  await using opened = await playground.open();
  const { page, complaints } = opened;
  await choose(page, name);
  await page.locator('#run').click();
  // Code that runs for the first time is compiled first.
  await reach(page, 20);
  const windows = [await train(page)];
  while (windows.at(-1)!.long.length > 0 && windows.length < WINDOWS) windows.push(await train(page, windows[0]!.pid));
  const told = JSON.stringify(windows);
  expect(Math.max(...windows.map(({ processor }) => processor)), told).toBeLessThan(LONG_MS);
  if (windows.at(-1)!.long.length > 0) {
    for (const { still, waited } of windows.slice(1)) expect(still, `the tasks stood still for longer than they waited for a processor: ${told}`).toBeLessThan(waited ?? 0);
    console.warn(`${name}: this machine was too busy to see the page without long tasks: ${told}`);
  }
  expect(complaints).toEqual([]);
}, 120_000);
