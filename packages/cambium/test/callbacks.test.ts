import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, DynamicModel, EarlyStopping, ModelCheckpoint, shutdown } from 'cambium';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { errorOf, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const grow = { method: 'stochastic', every: 3 } as const;

describe('callbacks', () => {
  it('stop early and go back to the best epoch', async () => {
    using data = await quadrants(40);
    using valid = await quadrants(200, 5);
    using model = await smallModel();
    const early = new EarlyStopping({ patience: 3, restoreBestWeights: true, minDelta: 0.01 });
    const history = await model.fit(data, {
      epochs: 500,
      optimizer: adam({ learningRate: 0.1 }),
      validationData: valid,
      callbacks: [early],
      growth: grow,
    });
    expect(history.stopped).toMatch(/EarlyStopping: no gain on [\d.]+ in 3 epochs/);
    expect(history.epochs.length).toBeLessThan(500);
    const best = history.epochs.at(-4)!;
    expect(await model.widths()).toEqual(best.widths);
    expect((await model.evaluate(valid)).loss).toBeCloseTo(best.valLoss!, 6);
  });

  it('save the best epochs to a function or to files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cambium-checkpoint-'));
    using data = await quadrants(60);
    using model = await smallModel();
    const saved: { loss: number; bytes: Uint8Array }[] = [];
    const callbacks = [
      new ModelCheckpoint((bytes, log) => saved.push({ loss: log.loss, bytes })),
      new ModelCheckpoint(join(folder, 'epoch-{epoch}.safetensors'), { saveBestOnly: false }),
    ];
    const history = await model.fit(data, { epochs: 3, callbacks });
    expect(saved.at(-1)!.loss).toBe(Math.min(...history.series('loss')));
    using last = await DynamicModel.load(await readFile(join(folder, 'epoch-3.safetensors')));
    expect(await last.save()).toEqual(await model.save());
    const nowhere = new ModelCheckpoint(join(folder, 'none', 'x'));
    expect(await errorOf(model.fit(data, { callbacks: [nowhere] }))).toMatchObject({ code: 'LOAD_FAILED' });
    await rm(folder, { recursive: true });
  });

  it('print a line per epoch on request', async () => {
    using data = await quadrants(60);
    using model = await smallModel();
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await model.fit(data, { epochs: 2, verbose: true });
    expect(log.mock.calls.map(([line]: unknown[]) => line)).toEqual([
      expect.stringMatching(/^epoch 1\/2 {2}loss [\d.]+ {2}accuracy [\d.]+ {2}widths 4-3 {2}weights 43$/),
      expect.stringMatching(/^epoch 2\/2/),
    ]);
    log.mockRestore();
  });

  it('refuse options that they do not know', () => {
    expect(() => new EarlyStopping({ wait: 3 } as never)).toThrow(/unknown option 'wait'/);
    expect(() => new EarlyStopping({ patience: 0 })).toThrow(/patience must be an integer at least 1/);
    expect(() => new EarlyStopping({ monitor: 'val_loss' as never })).toThrow(/monitor must be one of 'loss'/);
    expect(() => new ModelCheckpoint(3 as never)).toThrow(/needs a file path or a function/);
  });
});
