/** Workers in browsers that end or are broken off in mid-training: every pending call hears of it, and the next use starts a new engine. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inChromium } from './runtimes/runners/chromium.ts';
import { inFirefox } from './runtimes/runners/firefox.ts';
import { inTime, type Page } from './runtimes/runtime.ts';
import { startChromium, type Browser } from './support/chromium.ts';
import { makePage } from './support/page.ts';
import { ISOLATION, serve } from './support/serve.ts';

/** Calls hear of it within a second; the rest is for a busy machine. */
const LIMIT_MS = 10_000;
/** With the start and the end of a browser. */
const TEST_LIMIT_MS = 60_000;

/** `underWay` resolves once a long fit trains, `ends` to how each pending call ended, `again()` to what a new engine does. */
const script = `
import { Dataset, DynamicDense, DynamicModel, engineInfo, init } from 'cambium';

globalThis.Worker = class extends Worker {
  constructor(url, options) {
    super(url, options);
    if (String(url).includes('engine-worker')) globalThis.engineWorker = this;
  }
};
const x = Float32Array.from({ length: 400 * 200 }, (_, n) => Math.sin(n * n));
const y = Uint8Array.from({ length: 400 }, (_, n) => n % 10);
const create = () => DynamicModel.create({ input: [200], layers: [new DynamicDense({ units: 256 }), new DynamicDense({ units: 10 })], seed: 1 });
const forever = async (call) => { for (;;) await call(); };

globalThis.underWay = (async () => {
  await init({ threads: 2 });
  const data = await Dataset.from({ x, y, shape: [200] });
  const [model, second, idle] = await Promise.all([create(), create(), create()]);
  const [run, paused] = [model, second].map((each) => each.fit(data, { epochs: 1e6 }));
  const calls = {
    fit: run,
    'paused fit': paused,
    evaluate: forever(() => model.evaluate(data)),
    save: forever(() => idle.save()),
  };
  const ends = Object.entries(calls).map(([what, call]) => Promise.resolve(call).then(() => [what, 'resolved'], (error) => [what, error.code + ': ' + error.message]));
  globalThis.ends = Promise.all(ends).then(Object.fromEntries);
  globalThis.again = async () => {
    const before = engineInfo();
    const { threads, host } = await init();
    return { died: before === undefined, threads, host, steps: (await (await create()).fit(data)).steps };
  };
  while (run.history.steps < 3 || paused.history.steps < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await paused.pause();
  return engineInfo().threads;
})();
`;

let folder: Awaited<ReturnType<typeof makePage>>;

beforeAll(async () => {
  folder = await makePage(script);
  // What no page can do to a worker unseen, the worker does itself.
  await appendFile(join(folder.path, 'dist/runtime/engine-worker.js'), `\naddEventListener('message', ({ data }) => data === 'end' && close());\n`);
});
afterAll(() => folder?.remove());

/** Ends the engine by `kill` while one fit trains, another is paused and other calls are pending. */
async function expectDeath(page: Page, url: string, kill: () => Promise<unknown>, cause: RegExp): Promise<void> {
  const ask = (expression: string, what: string): Promise<unknown> => inTime(page.evaluate(expression), () => what, LIMIT_MS);
  await page.goto(url);
  expect(await ask('underWay', 'the fit to train')).toBe(2);
  await inTime(kill(), () => 'the death of the worker', LIMIT_MS);
  const died = expect.stringMatching(new RegExp(`^ENGINE_DIED: .*${cause.source}`));
  expect(await ask('ends', 'the end of the pending calls')).toEqual({ fit: died, 'paused fit': died, evaluate: died, save: died });
  expect(await ask('again()', 'a new engine')).toEqual({ died: true, threads: 2, host: 'worker', steps: 4 });
}

test.each([
  ['Chromium', inChromium],
  ['Firefox', inFirefox],
] as const)("the engine's worker ends by itself in %s", { timeout: TEST_LIMIT_MS }, async (_, inBrowser) => {
  await inBrowser(folder.path, true, (page, url) => expectDeath(page, url, () => page.evaluate(`engineWorker.postMessage('end')`), /the engine's worker stopped: the worker ended by itself/));
});

test.each([
  ['engine-worker', /a call to the engine was broken off/],
  ['pool-worker', /pool worker 1 of 1 failed: its work was broken off/],
] as const)('the %s is broken off by the debugger of Chromium', { timeout: TEST_LIMIT_MS }, async (file, cause) => {
  const [browser, site] = await Promise.all([startChromium(), serve(folder.path, ISOLATION)]);
  try {
    const page = await browser.newPage();
    await expectDeath(page, site.url, await breakOff(page, file), cause);
  } finally {
    await Promise.all([browser.close(), site.close()]);
  }
});

/**
 * Breaks off, until it meets some, the JavaScript or WebAssembly that a worker runs, which the worker cannot notice: what
 * it does next is as usual. Between two tasks there is nothing to break off.
 */
async function breakOff(page: Awaited<ReturnType<Browser['newPage']>>, file: string): Promise<() => Promise<unknown>> {
  const debug = await page.context().newCDPSession(page);
  const sessions = new Map<string, string>();
  debug.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => void sessions.set(new URL(targetInfo.url).pathname, sessionId));
  await debug.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return async () => {
    const sessionId = sessions.get(`/dist/runtime/${file}.js`)!;
    const message = JSON.stringify({ id: 1, method: 'Runtime.terminateExecution' });
    // A worker that has been given up has no session.
    while (page.workers().length > 0) {
      await debug.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => {});
      await page.waitForTimeout(20);
    }
  };
}
