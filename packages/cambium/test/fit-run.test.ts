/** Steering a fit from outside: pause, stop, abort, loops over its epochs, and other work meanwhile. */
import { CambiumError, Dataset, DynamicModel, FitRun, init, shutdown, type EpochLog, type FitOptions } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, quadrants, smallModel } from './tasks.ts';

const endless = 1_000_000;
const squares: FitOptions['loss'] = (logits) => ({
  loss: logits.reduce((sum, z) => sum + (z * z) / logits.length, 0),
  gradient: logits.map((z) => (2 * z) / logits.length),
});

let data: Dataset;
let model: DynamicModel;

/** Lets the fit go on if it wants to. */
function whileWaiting(milliseconds = 50): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What `model` and a fresh one, fitted with `options` without a pause, must have in common. */
async function expectSameAsUndisturbed(options: FitOptions): Promise<void> {
  using twin = await smallModel();
  await twin.fit(data, options);
  expect(await model.save()).toEqual(await twin.save());
}

describe.each(['worker', 'inline'] as const)('in an engine hosted %s', (host) => {
  beforeAll(async () => {
    await init({ host, threads: host === 'worker' ? 2 : 1 });
    data = await quadrants(200);
  });
  afterAll(async () => {
    data.dispose();
    await shutdown();
  });

  /** A test with a model of its own. */
  const test = (name: string, work: () => Promise<void>): void =>
    it(name, async () => {
      model = await smallModel();
      try {
        await work();
      } finally {
        model.dispose();
      }
    });

  describe('a fit', () => {
    test('is a promise of its history', async () => {
      const run = model.fit(data, { epochs: 3 });
      expect(run).toBeInstanceOf(FitRun);
      let settled = false;
      const [history, same] = await Promise.all([run, run.finally(() => (settled = true))]);
      expect([history.epochs.length, settled, same === history, run.history === history]).toEqual([3, true, true, true]);
      const failed = model.fit(data, { epochs: 0 });
      expect(await failed.catch((error: unknown) => (error as CambiumError).code)).toBe('OPTION');
    });

    test('stands still while paused, and goes on to the same bits', async () => {
      for (const options of [{ epochs: 40, growth: { method: 'stochastic', every: 3 }, batchSize: 20 }, { epochs: 3, loss: squares }] satisfies FitOptions[]) {
        model.dispose();
        model = await smallModel();
        const run = model.fit(data, { ...options, onEpochEnd: ({ epoch }) => epoch % 2 === 0 && run.pause() });
        let [pauses, ended] = [0, false];
        const end = run.then(() => (ended = true));
        for (;; pauses++) {
          await expect.poll(() => run.paused || ended, { interval: 1 }).toBe(true);
          if (ended) break;
          const before = await model.save();
          await whileWaiting(pauses === 0 ? 50 : 1);
          expect(await model.save()).toEqual(before);
          expect((await model.structure()).step).toBe(run.history.steps);
          await model.evaluate(data);
          run.resume();
        }
        await end;
        expect(pauses).toBe(Math.ceil(options.epochs / 2));
        expect((await run).epochs).toHaveLength(options.epochs);
        await expectSameAsUndisturbed(options);
      }
    });

    test('is paused once pause() resolves, whenever it is called', async () => {
      const run = model.fit(data, { epochs: endless });
      await run.pause();
      expect(run.history.steps).toBe(0);
      await whileWaiting();
      expect((await model.structure()).step).toBe(0);
      run.resume();
      await expect.poll(() => run.history.steps).toBeGreaterThan(0);
      await run.pause();
      const { step } = await model.structure();
      await whileWaiting();
      expect((await model.structure()).step).toBe(step);
      run.stop('seen enough');
      expect(await run).toMatchObject({ stopped: 'seen enough', steps: step });
      expect(run.paused).toBe(false);
      await run.pause();
      expect(run.paused).toBe(false);
    });

    test('can be paused and stopped by its hooks', async () => {
      const run = model.fit(data, {
        epochs: endless,
        onTrainBegin: async () => {
          await run.pause();
          setTimeout(() => run.resume(), 10);
        },
        onEpochEnd: ({ epoch }) => epoch === 4 && run.stop(),
      });
      expect(await run).toMatchObject({ stopped: 'stopped by stop()', epochs: { length: 5 } });
    });

    test('can be aborted while it runs and while it is paused', async () => {
      for (const paused of [false, true]) {
        const [abort, reason] = [new AbortController(), new Error('no longer wanted')];
        const run = model.fit(data, { epochs: endless, signal: abort.signal });
        await expect.poll(() => run.history.epochs.length).toBeGreaterThan(1);
        if (paused) await run.pause();
        abort.abort(reason);
        const error = await errorOf(run);
        expect(error).toMatchObject({ name: 'AbortError', code: 'ABORTED', cause: reason });
        const { steps, firstStep, epochs } = run.history;
        expect(error.message).toContain(`after ${steps} steps (${epochs.length} of ${endless} epochs)`);
        expect((await model.structure()).step).toBe(firstStep + steps);
        expect(run.history.stopped).toBeUndefined();
        await run.pause();
        expect(run.paused).toBe(false);
      }
      const late = await errorOf(model.fit(data, { epochs: endless, signal: AbortSignal.timeout(20) }));
      expect(late).toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } });
      expect((await model.fit(data)).epochs).toHaveLength(1);
    });

    test('ends with its model, paused or not', async () => {
      for (const paused of [false, true]) {
        model = await smallModel();
        const run = model.fit(data, { epochs: endless });
        await expect.poll(() => run.history.steps).toBeGreaterThan(0);
        if (paused) await run.pause();
        model.dispose();
        expect(await errorOf(run)).toMatchObject({ code: 'DISPOSED', name: 'CambiumError' });
      }
    });

    test('is stopped at the end of an `await using` block', async () => {
      let run: FitRun;
      {
        await using inBlock = model.fit(data, { epochs: endless });
        run = inBlock;
        await expect.poll(() => run.history.steps).toBeGreaterThan(0);
      }
      expect(run.history.stopped).toBe('its block was left');
      expect((await model.fit(data)).epochs).toHaveLength(1);
      const silent = async (): Promise<void> => {
        await using _ = model.fit(data, { epochs: 0 });
      };
      expect(await errorOf(silent())).toMatchObject({ code: 'OPTION' });
      const heard = async (): Promise<void> => {
        await using failing = model.fit(data, { epochs: 0 });
        await failing;
      };
      expect(await errorOf(heard())).toMatchObject({ code: 'OPTION' });
    });
  });

  describe('a loop over the epochs', () => {
    test('sees each epoch with the model of its end, and changes no result', async () => {
      const options = { epochs: 6, batchSize: 20, validationData: data } satisfies FitOptions;
      const seen: EpochLog[] = [];
      const run = model.fit(data, options);
      for await (const epoch of run) {
        seen.push(epoch);
        await whileWaiting(2);
        expect((await model.structure()).step).toBe(10 * seen.length);
        expect((await model.evaluate(data)).loss).toBeCloseTo(epoch.valLoss!, 6);
      }
      expect(seen).toEqual((await run).epochs);
      expect(seen).toHaveLength(6);
      await expectSameAsUndisturbed(options);
    });

    test('that is left stops the fit there', async () => {
      const run = model.fit(data, { epochs: endless });
      for await (const { epoch } of run) if (epoch === 2) break;
      expect(await run).toMatchObject({ stopped: 'the loop over its epochs was left', epochs: { length: 3 }, steps: 6 });
      await model.restore(await model.save());
      const mine = new RangeError('mine');
      const failing = async (): Promise<void> => {
        for await (const _ of model.fit(data, { epochs: endless })) throw mine;
      };
      await expect(failing()).rejects.toBe(mine);
      expect((await model.structure()).step).toBe(8);
    });

    test('ends with the error of the fit', async () => {
      const abort = new AbortController();
      const epochs: number[] = [];
      const loop = async (options: FitOptions): Promise<void> => {
        for await (const { epoch } of model.fit(data, options)) {
          epochs.push(epoch);
          if (epoch === 1) abort.abort();
        }
      };
      expect(await errorOf(loop({ epochs: endless, signal: abort.signal }))).toMatchObject({ name: 'AbortError' });
      expect(epochs).toEqual([0, 1]);
      expect(await errorOf(loop({ epochs: -1 }))).toMatchObject({ code: 'OPTION' });
      expect(epochs).toHaveLength(2);
    });

    test('may begin late and stand beside others and a pause', async () => {
      const run = model.fit(data, { epochs: 8, onEpochEnd: ({ epoch }) => epoch === 3 && run.pause() });
      await expect.poll(() => run.paused).toBe(true);
      setTimeout(() => run.resume(), 20);
      const loop = async (pause: number): Promise<number[]> => {
        const epochs: number[] = [];
        for await (const { epoch } of run) {
          epochs.push(epoch);
          await whileWaiting(pause);
        }
        return epochs;
      };
      const all = [0, 1, 2, 3, 4, 5, 6, 7];
      expect(await Promise.all([loop(1), loop(3)])).toEqual([all, all]);
    });
  });

  describe('while a model trains', () => {
    test('it and others answer', async () => {
      using other = await smallModel({ seed: 9 });
      const expected = (await other.predict(data)).data;
      let trained = false;
      const run = model.fit(data, { epochs: endless });
      const ended = run.then(() => (trained = true));
      await expect.poll(() => run.history.steps).toBeGreaterThan(0);
      const delays: number[] = [];
      for (let n = 0; n < 20; n++) {
        const start = performance.now();
        expect((await other.predict(data)).data).toEqual(expected);
        expect((await model.predict(data)).shape).toEqual([200, 4]);
        expect((await model.evaluate(data)).loss).toBeGreaterThan(0);
        delays.push(performance.now() - start);
      }
      expect(trained).toBe(false);
      // Three calls, each behind a group of steps of some 10 ms; a machine that does other work too has room for that.
      expect(delays.sort((a, b) => a - b)[10]).toBeLessThan(500);
      run.stop();
      await ended;
    });

    test('another trains too, both to the bits they have alone', async () => {
      const options = { epochs: 60, batchSize: 25, growth: { method: 'stochastic', every: 4 } } satisfies FitOptions;
      using second = await smallModel();
      const progress: string[] = [];
      const told = (name: string): FitOptions => ({ ...options, onEpochEnd: () => void progress.push(name) });
      const long = model.fit(data, told('first'));
      await Promise.all([long, second.fit(data, told('second'))]);
      expect(progress.indexOf('second')).toBeLessThan(progress.lastIndexOf('first'));
      expect(await second.save()).toEqual(await model.save());
      await expectSameAsUndisturbed(options);
    });
  });
});
