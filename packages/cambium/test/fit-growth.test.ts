import { Dense, DynamicDense, shutdown, type Callback, type FitOptions, type GrowthEvent, type GrowthOptions } from 'cambium';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const grow = { method: 'stochastic', every: 3 } as const;

describe('a fit with growth', () => {
  it('grows, and tells what it did', async () => {
    using data = await quadrants(200);
    using model = await smallModel();
    const seen: Record<string, GrowthEvent[]> = { onEvent: [], onGrow: [], onShrink: [] };
    const record = Object.fromEntries(
      Object.keys(seen).map((hook) => [hook, (event: GrowthEvent) => seen[hook]!.push(event)]),
    ) as Callback;
    const options: FitOptions = {
      epochs: 30,
      batchSize: 20,
      validationSplit: 0.25,
      growth: { ...grow, weightPenalty: 1e-6 },
      ...record,
    };
    const history = await model.fit(data, options);
    expect(seen['onEvent']).toEqual(history.events);
    expect(history.events.length).toBe(Math.floor((30 * 8) / 3));
    const kept = history.events.filter((event) => event.verdict === 'kept');
    expect([...seen['onGrow']!, ...seen['onShrink']!]).toHaveLength(kept.length);
    expect(history.added).toBe(seen['onGrow']!.length);
    const start = 4 + 3;
    expect((await model.widths()).reduce((a, b) => a + b)).toBe(start + history.added - history.removed);
    for (const event of kept) {
      const [before, after] = [
        event.lossBefore! + 1e-6 * event.weightsBefore,
        event.lossAfter! + 1e-6 * event.weightsAfter,
      ];
      expect(after).toBeLessThanOrEqual(before + 1e-9);
    }
  });

  it('tells how much of its time went into events, beside what equal runs have in common', async () => {
    using data = await quadrants(200);
    const fit = async (options: FitOptions) => {
      using model = await smallModel();
      const history = await model.fit(data, { epochs: 30, batchSize: 20, validationSplit: 0.25, ...options });
      return { history, saved: await model.save() };
    };
    const [once, again] = [await fit({ growth: grow }), await fit({ growth: grow })];
    for (const { milliseconds, eventMilliseconds } of [once.history.timing, again.history.timing]) {
      expect(eventMilliseconds).toBeGreaterThan(0);
      expect(eventMilliseconds).toBeLessThan(milliseconds);
    }
    // Of times measured to fractions of a microsecond no two are equal.
    expect(again.history.timing).not.toEqual(once.history.timing);
    expect(again).toEqual(once);
    expect(JSON.stringify(again)).toBe(JSON.stringify(once));

    const still: FitOptions[] = [{}, { loss: (logits) => ({ loss: 1, gradient: logits.map(() => 0) }) }];
    for (const options of still) {
      const { timing } = (await fit(options)).history;
      expect(timing.milliseconds).toBeGreaterThan(0);
      expect(timing.eventMilliseconds).toBe(0);
    }
  });

  it('takes changes of structure in hooks', async () => {
    using data = await quadrants(60);
    using model = await smallModel();
    const history = await model.fit(data, {
      epochs: 4,
      onEpochEnd: async (_, context) => void (await context.model.expand({ axis: 0 })),
    });
    expect(history.epochs.map((epoch) => epoch.widths[0])).toEqual([4, 5, 6, 7]);
    expect(await model.widths()).toEqual([8, 3]);
  });

  it.each<GrowthOptions>([
    { method: 'auto', depth: true },
    { method: 'price', price: 0.3 },
    { method: 'budget', weights: 120 },
    { method: 'cascade', weights: 200 },
    { method: 'stochastic' },
    { method: 'pruneExpand' },
  ])('goes on when layers come and go by hand: $method', async (growth) => {
    using data = await quadrants(200);
    using model = await smallModel();
    const layers: number[] = [];
    await model.fit(data, {
      epochs: 40,
      batchSize: 20,
      validationSplit: 0.2,
      growth: { ...growth, every: 4 },
      onEpochEnd: async ({ epoch }, context) => {
        if (epoch % 12 === 3) await context.model.addLayer({ axis: 0 });
        if (epoch % 12 === 9 && layers.at(-1)! > 3) await context.model.removeLayer({ layer: 0 });
        layers.push((await context.model.structure()).layers.length);
      },
    });
    expect(layers).toHaveLength(40);
    expect(new Set(layers).size).toBeGreaterThan(1);
    if (growth.method === 'budget') expect((await model.structure()).weightCount).toBeLessThanOrEqual(120);
  });

  it('warns when nothing can grow', async () => {
    using data = await quadrants(50);
    using model = await smallModel({ layers: [new Dense({ units: 3 }), new Dense({ units: 4 })] });
    const warnings: string[] = [];
    const history = await model.fit(data, { growth: grow, onWarning: (message) => warnings.push(message) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/no axis of the model can grow \(axis 0: .*fixed width/);
    expect(history.events).toEqual([]);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await model.fit(data, { growth: grow, epochs: 2 });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('knows whether features of the rows may go', async () => {
    using data = await quadrants(1000);
    const outcome = async (minInputs: number, inputs?: boolean) => {
      using model = await smallModel({ layers: [new DynamicDense({ units: 4, minInputs })] });
      const warnings: string[] = [];
      await model.fit(data, { epochs: 4, growth: { method: 'auto', ...(inputs !== undefined && { inputs }) }, onWarning: (message) => warnings.push(message) });
      return [(await model.structure()).minInputs, warnings.length];
    };
    expect(await outcome(1)).toEqual([1, 0]);
    expect(await outcome(2)).toEqual([undefined, 1]);
    await expect(outcome(2, true)).rejects.toThrow(/growth.inputs is true, but no input can go: minInputs is 2, and the rows have 2 features/);
  });

  it('warns when no event of growth comes', async () => {
    using data = await quadrants(50);
    using model = await smallModel();
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const events = async (every: number, until: number) =>
      (await model.fit(data, { epochs: 6, batchSize: 25, growth: { method: 'stochastic', every, until }, onWarning })).events.length;
    expect(await events(12, 1)).toBe(1);
    expect(await events(6, 0.5)).toBe(1);
    expect(warnings).toEqual([]);
    expect(await events(13, 1)).toBe(0);
    expect(await events(7, 0.5)).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(/no event comes: the first is due before step 13, and the structure rests after 1 of the fit's 12 steps/),
      expect.stringMatching(/no event comes: the first is due before step 7, and the structure rests after 0.5 of the fit's 12 steps/),
    ]);
  });
});
