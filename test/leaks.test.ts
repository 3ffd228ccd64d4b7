/** What a thousand rounds leave behind: nothing in the engine, no worker, no handle, nothing on JavaScript's heap. */
import { engineInfo, init, shutdown } from 'cambium';
import { describe, expect, it, vi } from 'vitest';
import { nodes, runProgram } from './support/programs.ts';
import { watchWorkers } from './support/workers.ts';

const ROUNDS = 1000;
const WARM = 500;
/** Two pages, for gaps between allocations; a leaked model alone is above 4 KB. */
const ENGINE_SLACK = 2 * 65_536;
/** Far below what a thousand leaked objects take: a fit's history alone is about a kilobyte. */
const HEAP_SLACK = 300_000;

const workers = watchWorkers();

/** Begins with what counts workers and reads the engine's memory. */
const preamble = `
  import workerThreads from 'node:worker_threads';
  import { engine } from '${new URL('../packages/cambium/dist/runtime/engine.js', import.meta.url).href}';
  const started = [];
  workerThreads.Worker = class extends workerThreads.Worker { constructor(...args) { super(...args); started.push(this); } };
  const { Dataset, DynamicDense, DynamicModel, init } = await import('cambium');
  const layers = [new DynamicDense({ units: 8 }), new DynamicDense({ units: 3 })];
  const x = Float32Array.from({ length: 360 }, (_, n) => Math.sin(n * n));
  const y = Uint8Array.from({ length: 90 }, (_, n) => n % 3);
  const call = async (...args) => (await engine()).call(...args);
  await init({ threads: 2 });`;

const rounds = `${preamble}
  const ways = {
    plain: (model, data) => model.fit(data, { epochs: 3, growth: { method: 'stochastic', every: 1 } }),
    paused: async (model, data) => { const run = model.fit(data, { epochs: 2 }); await run.pause(); run.resume(); await run; },
    aborted: async (model, data) => {
      const abort = new AbortController();
      await model.fit(data, { epochs: 1e6, signal: abort.signal, onEpochEnd: () => abort.abort() }).catch(() => {});
    },
    pausedAndDisposed: async (model, data) => { const run = model.fit(data); await run.pause(); model.dispose(); await run.catch(() => {}); },
    left: async (model, data) => { for await (const _ of model.fit(data, { epochs: 1e6 })) break; },
    failed: (model, data) => model.fit(data, { epochs: 5, onEpochEnd() { throw new Error('mine'); } }).catch(() => {}),
    custom: (model, data) => model.fit(data, { loss: (z) => ({ loss: 0, gradient: z.map(() => 0) }) }),
  };
  const shared = await Dataset.from({ x, y, shape: [4] });
  const signal = new AbortController().signal;
  const figures = async () => {
    for (let n = 0; n < 4; n++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
    const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
    return { engine: (await call('memory')).bytes, heap: process.memoryUsage().heapUsed, handles, workers: started.length };
  };
  let warm;
  for (let round = 0; round < ${ROUNDS}; round++) {
    const model = await DynamicModel.create({ input: [4], layers, seed: round });
    const data = await Dataset.from({ x, y, shape: [4] });
    await Object.values(ways)[round % 7](model, data);
    if (!model.disposed) await model.fit(shared, { signal });
    model.dispose();
    data.dispose();
    if (round === ${WARM}) warm = await figures();
  }
  console.log(JSON.stringify({ warm, end: await figures(), alive: started.filter((worker) => worker.threadId > 0).length }));`;

const forgotten = `${preamble}
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

const ended = `${preamble}
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
  console.log(engines.slice(0, -1).map((engine) => engine.deref() ? 'kept' : 'collected').join(' '), started.filter((worker) => worker.threadId > 0).length);`;

describe.each(nodes)('in $name', (runtime) => {
  it(`${ROUNDS} rounds of models that are made, trained in every way and disposed leave nothing`, async () => {
    const { stdout, stderr, code } = await runProgram(runtime, rounds);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const { warm, end, alive } = JSON.parse(stdout) as Record<'warm' | 'end', Record<string, number>> & { alive: number };
    expect(end['engine']).toBeLessThanOrEqual(warm['engine']! + ENGINE_SLACK);
    expect(end['heap']).toBeLessThan(warm['heap']! + HEAP_SLACK);
    expect(end['handles']).toBeLessThanOrEqual(warm['handles']!);
    expect([end['workers'], alive]).toEqual([2, 2]);
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
