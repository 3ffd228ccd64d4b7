import { DynamicModel, shutdown } from 'cambium';
import { readSafetensors, writeSafetensors } from 'cambium/formats';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const growth = { method: 'stochastic', every: 2, weightPenalty: 1e-4 } as const;

describe('events', () => {
  it('are those of all fits and of changes by hand, in order, with reasons', async () => {
    using data = await quadrants();
    using model = await smallModel();
    expect(await model.events()).toEqual([]);
    const told = [];
    told.push(...(await model.fit(data, { epochs: 4, batchSize: 20, growth })).events);
    told.push(await model.tryChange({ type: 'expand', axis: 1, outgoing: [1e3, -1e3, 0, 0], bias: 1 }, data));
    told.push(await model.updateFeatures(data), await model.stochasticAddFeature(data));
    const { steps, firstStep } = await model.fit(data, { epochs: 2, batchSize: 20, growth, onEvent: (event) => told.push(event) });
    expect(new Set(told.map(({ verdict }) => verdict))).toContain('undone');
    await model.expand({ axis: 0 });
    await expectRefusal(() => model.expand({ axis: 9 }), 'INDEX', /9/);
    const events = await model.events();
    expect(events.slice(0, -1)).toEqual(told);
    expect(events.map(({ reason }) => reason).slice(0, -1)).toEqual(told.map(({ reason }) => reason));
    const [width] = await model.widths();
    expect(events.at(-1)).toMatchObject({ step: firstStep + steps, kind: 'add', axis: 0, index: width! - 1, width, verdict: 'kept', reason: 'made without a test' });
  });

  it('go with every form of the state', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 4, batchSize: 20, growth: { ...growth, prune: 0.05 } });
    await model.prune(1e9);
    const events = await model.events();
    expect(events.at(-1)).toMatchObject({ kind: 'prune', blocked: [{}, {}] });
    using loaded = await DynamicModel.load(await model.save());
    expect(await loaded.events()).toEqual(events);
    await loaded.compact();
    await loaded.fit(data, { epochs: 1 });
    expect(await loaded.events()).toEqual(events);
    await loaded.contract();
    expect(await loaded.events()).toHaveLength(events.length + 1);
    await loaded.restore(await model.save());
    expect(await loaded.events()).toEqual(events);
    const state = await model.getState();
    using fresh = await DynamicModel.create(state.config);
    await fresh.setState(state);
    expect(await fresh.events()).toEqual(events);
    expect(await fresh.save()).toEqual(await model.save());
    // Without `training` those of the model stay, which is as it was in every other respect.
    await fresh.setState({ config: state.config, tensors: state.tensors });
    expect(await fresh.events()).toEqual(events);
  });

  it('may be missing in a file, but not broken', async () => {
    using model = await smallModel();
    await model.expand({ axis: 1 });
    const { tensors, metadata } = readSafetensors(await model.save());
    const without = metadata['cambium']!.replace(/,"events":".*?"/, '');
    expect(without).not.toBe(metadata['cambium']);
    using loaded = await DynamicModel.load(writeSafetensors(tensors, { cambium: without }));
    expect(await loaded.widths()).toEqual([4, 4]);
    expect(await loaded.events()).toEqual([]);
    const broken = writeSafetensors(tensors, { cambium: metadata['cambium']!.replace('"events":"0 0 ', '"events":"0 99 ') });
    await expectRefusal(() => DynamicModel.load(broken), 'STATE', /decisions about structure/);
  });

  it('of an epoch that a fit takes back are forgotten', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.contract({ axis: 0 });
    const before = await model.events();
    const optimizer = { learningRate: 1e6, method: { type: 'sgd', weightDecay: 1e6 } } as never;
    await expectRefusal(() => model.fit(data, { epochs: 3, batchSize: 20, growth: { ...growth, every: 1 }, optimizer }), 'NOT_FINITE', /start of this epoch/);
    expect(await model.events()).toEqual(before);
    expect(await model.widths()).toEqual([3, 3]);
  });
});
