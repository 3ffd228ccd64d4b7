/** An engine that dies in mid-step: every pending call hears of it soon and learns the cause, and the next use starts a new one. */
import { CambiumError, Dataset, DynamicDense, DynamicModel, engineInfo, init, shutdown, type FitRun, type InitOptions } from 'cambium';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { engine } from '../packages/cambium/dist/runtime/engine.js';
import { noise } from './support/engine.ts';
import { errorWithin, watchWorkers } from './support/workers.ts';

/** A death is a message away; the rest is for a busy machine. */
const LIMIT_MS = 10_000;
const INPUTS = 200;

const workers = watchWorkers();
let data: Dataset;

beforeAll(async () => {
  data = await Dataset.from({ x: noise(400 * INPUTS), shape: [INPUTS], y: Uint8Array.from(noise(400, 2), (v) => Math.floor(5 * (v + 1))), classes: 10 });
});
afterEach(shutdown);
afterAll(() => data.dispose());

/** Wide enough for its steps to be shared among threads. */
function network(): Promise<DynamicModel> {
  const layers = [new DynamicDense({ units: 256 }), new DynamicDense({ units: 256 }), new DynamicDense({ units: 10 })];
  return DynamicModel.create({ input: [INPUTS], layers, seed: 1 });
}

/** A fit that ends by itself in hours. */
function longFit(model: DynamicModel): FitRun {
  return model.fit(data, { epochs: 1_000_000 });
}

/** Waits until some steps have been taken. */
function underWay(...runs: FitRun[]): Promise<void> {
  return vi.waitFor(() => runs.forEach((run) => expect(run.history.steps).toBeGreaterThan(2)), { timeout: LIMIT_MS, interval: 1 });
}

/** Calls again and again, so that a call is pending at any moment, until one fails. */
async function forever(call: () => Promise<unknown>): Promise<never> {
  for (;;) await call();
}

/** Ends the engine by `kill` while one fit runs, another is paused and other calls are pending. */
async function expectDeath(kill: () => unknown, cause: RegExp): Promise<void> {
  const [model, second, idle] = await Promise.all([network(), network(), network()]);
  const [run, paused] = [longFit(model), longFit(second)];
  await underWay(run, paused);
  await paused.pause();
  const calls: Record<string, PromiseLike<unknown>> = {
    'the fit': run,
    'the paused fit': paused,
    'evaluate of the model being fitted': forever(() => model.evaluate(data)),
    'predict of another model': forever(() => idle.predict(data)),
    'save of another model': forever(() => idle.save()),
    'the loop': (async () => {
      for await (const _ of run);
    })(),
  };
  const ends = Object.entries(calls).map(([what, call]) => errorWithin(LIMIT_MS, call, what));
  await kill();
  for (const error of await Promise.all(ends)) {
    expect(error).toBeInstanceOf(CambiumError);
    expect(error).toMatchObject({ code: 'ENGINE_DIED', message: expect.stringMatching(cause) });
  }
  expect(run.history.steps).toBeGreaterThan(2);
  expect(engineInfo()).toBeUndefined();
  const lost = await errorWithin(LIMIT_MS, idle.predict(data), 'a call to a model of the dead engine');
  expect(lost).toMatchObject({ code: 'ENGINE_DIED', message: expect.stringMatching(/models are lost; create or load them again/) });
  await vi.waitFor(() => expect(workers.alive()).toEqual([]), { timeout: LIMIT_MS });
}

/** `init()` starts an engine like the dead one, and data that was in that one can be used in this. */
async function expectNewEngine(options: InitOptions): Promise<void> {
  expect(await init()).toMatchObject(options);
  using model = await network();
  expect((await model.fit(data)).steps).toBe(4);
}

const hosts: InitOptions[] = [
  { host: 'worker', threads: 1 },
  { host: 'worker', threads: 3 },
  { host: 'inline', threads: 1 },
];

describe.each(hosts)('an engine with %o', (options) => {
  it('is ended by an abort of the Rust code', async () => {
    await init({ ...options, maxMemory: 2 ** 25 });
    const tooLong = `{"input":[${'1,'.repeat(3_000_000)}1]}`;
    await expectDeath(async () => void (await engine()).call('modelCreate', tooLong).catch(() => {}), /out of memory|memory allocation/);
    await expectNewEngine({ ...options });
    expect(engineInfo()!.memoryBytes).toBe(2 ** 25);
  });

  it('is ended by shutdown()', async () => {
    await init(options);
    await expectDeath(shutdown, /ended by shutdown\(\)/);
    await init(options);
    await expectNewEngine(options);
  });

  it('is ended by init() with options', async () => {
    await init(options);
    await expectDeath(() => void init({ threads: 1 }).then(shutdown), /ended by init\(\)/);
  });
});

describe('a worker that is killed in mid-step', () => {
  it('takes its engine with it', async () => {
    await init({ threads: 2 });
    await expectDeath(() => workers.of('engine-worker').at(-1)!.terminate(), /the engine's worker stopped: .*code 1/);
    await expectNewEngine({ threads: 2, host: 'worker' });
  });

  it('takes its engine with it when it belongs to the pool, at whatever moment', async () => {
    for (const delay of [0, 3, 7, 12]) {
      await init({ threads: 3 });
      const kill = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, delay));
        await workers.of('pool-worker').at(-2)!.terminate();
      };
      await expectDeath(kill, /pool worker 1 of 2 failed: .*code 1/);
      await expectNewEngine({ threads: 3, host: 'worker' });
    }
  });

  it('takes an engine hosted inline with it between two groups of steps', async () => {
    await init({ threads: 3, host: 'inline' });
    await expectDeath(() => workers.of('pool-worker').at(-1)!.terminate(), /pool worker 2 of 2 failed: .*code 1/);
    await expectNewEngine({ threads: 3, host: 'inline' });
  });

  it('can be killed while it waits for others', async () => {
    await init({ threads: 3 });
    using model = await network();
    const run = longFit(model);
    await underWay(run);
    await run.pause();
    await workers.of('pool-worker').at(-1)!.terminate();
    expect(await errorWithin(LIMIT_MS, run, 'the paused fit')).toMatchObject({ code: 'ENGINE_DIED' });
    expect(await errorWithin(LIMIT_MS, model.save(), 'save')).toMatchObject({ code: 'ENGINE_DIED' });
    await vi.waitFor(() => expect(workers.alive()).toEqual([]), { timeout: LIMIT_MS });
  });
});
