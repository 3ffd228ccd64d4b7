/** What many rounds leave behind: nothing in the engine, no worker, no handle, nothing on JavaScript's heap. */
import { engineInfo, init, shutdown } from 'cambium';
import { describe, expect, it, vi } from 'vitest';
import { startChromium, visit } from './support/chromium.ts';
import { makePage } from './support/page.ts';
import { nodes, otherCommandLines, runProgram } from './support/programs.ts';
import { commandLinePreamble, roundsProgram, roundsScript, type RoundsReport } from './support/rounds.ts';
import { ISOLATION, serve } from './support/serve.ts';
import { watchWorkers } from './support/workers.ts';

const ROUNDS = 1000;
/** Where a thousand would take long: in the runtimes besides Node. */
const FEWER_ROUNDS = 200;
/** Two pages, for gaps between allocations; a leaked model alone is above 4 KB. */
const ENGINE_SLACK = 2 * 65_536;
/** Far below what a thousand leaked objects take: a fit's history alone is about a kilobyte. */
const HEAP_SLACK = 300_000;
/** Two hundred rounds that keep a fit each leave 200, 165 and 109 KB in the second half; compiled code 66, 114 and 35. */
const HEAP_SLACK_FEWER: Record<string, number> = { Deno: 150_000, Bun: 150_000, Chromium: 80_000 };
/** Some seconds; the rest is for a busy machine. */
const PAGE_LIMIT_MS = 60_000;

const workers = watchWorkers();

const forgotten = `${commandLinePreamble}
  const made = [];
  const make = async () => {
    const model = await DynamicModel.create({ input: [4], layers });
    await model.fit({ x, y, shape: [4] });
    await (await Dataset.from({ x, y, shape: [4] })).subset([0, 1]);
    made.push(new WeakRef(model));
  };
  for (let n = 0; n < 50; n++) await make();
  const alive = async () => {
    let count = 0;
    // Models, data sets and fits share one row of numbers; the summary of anything but a model is refused.
    for (let id = 1; id <= 250; id++) await call('summary', id).then(() => count++, () => {});
    return count;
  };
  const before = await alive();
  for (let n = 0; n < 100 && (await alive()) > 0; n++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }
  console.log(JSON.stringify({ before, after: await alive() }));`;

const ended = `${commandLinePreamble}
  const { shutdown } = await import('cambium');
  const data = await Dataset.from({ x, y, shape: [4] });
  const engines = [];
  const use = async (host) => {
    await init({ host, threads: 2 });
    engines.push(new WeakRef(await engine()));
    const model = await DynamicModel.create({ input: [4], layers });
    await model.fit(data);
  };
  for (const host of ['worker', 'inline', 'worker', 'inline', 'worker']) await use(host);
  await shutdown();
  for (let n = 0; n < 100 && engines.slice(0, -1).some((engine) => engine.deref()); n++) {
    // What was looked at stays until its job has ended.
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(engines.slice(0, -1).map((engine) => engine.deref() ? 'kept' : 'collected').join(' '), (await workers())[1]);`;

/** Of what keeps a process alive only Node tells; Deno and Bun list nothing, and a page has no process. */
function expectNothingLeft({ warm, end }: RoundsReport, heapSlack: number): void {
  expect(end.engine).toBeLessThanOrEqual(warm.engine + ENGINE_SLACK);
  expect(end.heap).toBeLessThan(warm.heap + heapSlack);
  expect(end.handles ?? 0).toBeLessThanOrEqual(warm.handles ?? 0);
  expect(end.workers).toEqual([2, 2]);
}

describe.each(nodes)('in $name', (runtime) => {
  it(`${ROUNDS} rounds of models that are made, trained in every way and disposed leave nothing`, async () => {
    const { stdout, stderr, code } = await runProgram(runtime, roundsProgram(ROUNDS));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expectNothingLeft(JSON.parse(stdout) as RoundsReport, HEAP_SLACK);
  });

  it('models that are forgotten are freed', async () => {
    const { stdout, stderr } = await runProgram(runtime, forgotten);
    expect(stderr).toBe('');
    const { before, after } = JSON.parse(stdout) as Record<string, number>;
    expect(before).toBeGreaterThan(0);
    expect(after).toBe(0);
  });

  it('engines that were ended are collected, though data that was in them is still in use', async () => {
    expect(await runProgram(runtime, ended)).toEqual({ stdout: 'collected collected collected collected 0', stderr: '', code: 0 });
  });
});

it.each(otherCommandLines)(`${FEWER_ROUNDS} rounds leave nothing in $name`, async (runtime) => {
  const { stdout, stderr, code } = await runProgram(runtime, roundsProgram(FEWER_ROUNDS));
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expectNothingLeft(JSON.parse(stdout) as RoundsReport, HEAP_SLACK_FEWER[runtime.name]!);
});

it(`${FEWER_ROUNDS} rounds leave nothing in a page in Chromium`, { timeout: PAGE_LIMIT_MS }, async () => {
  const page = await makePage(roundsScript(FEWER_ROUNDS));
  const [browser, site] = await Promise.all([startChromium(['--js-flags=--expose-gc', '--enable-precise-memory-info']), serve(page.path, ISOLATION)]);
  try {
    const { value, errors } = await visit<RoundsReport>(browser, site.url, 'outcome');
    expect(errors).toEqual([]);
    expectNothingLeft(value, HEAP_SLACK_FEWER['Chromium']!);
  } finally {
    await Promise.all([browser.close(), site.close(), page.remove()]);
  }
});

it('engines that are started and ended leave no worker', async () => {
  for (let round = 0; round < 12; round++) {
    const host = round % 3 === 0 ? 'inline' : 'worker';
    await init({ threads: 2, host });
    expect(engineInfo()).toMatchObject({ threads: 2, host });
  }
  await shutdown();
  expect(workers.of('engine-worker')).toHaveLength(8);
  expect(workers.of('pool-worker')).toHaveLength(12);
  await vi.waitFor(() => expect(workers.alive()).toEqual([]), { timeout: 10_000 });
});
