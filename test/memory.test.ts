/** The engine's memory stays as large as it once had to be, whatever comes and goes. */
import { Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, DynamicModel, shutdown } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine } from '../packages/cambium/dist/runtime/engine.js';
import { noise, start, variants } from './support/engine.ts';

const LEAST = 2;
const MOST = 24;
const CHANGES = 10_000;
/** Most decisions about its structure that a model remembers. */
const REMEMBERED = 4096;
/** Two pages, for gaps between allocations: over all changes less than the smallest allocation for each. */
const SLACK = 2 * 65_536;
const ROUNDS = 200;

/** Bytes of the engine's memory, which never shrinks. */
async function memory(): Promise<number> {
  return (await (await engine()).call('memory')).bytes;
}

/** Random images of 8x8x2 in four classes. */
function images(rows: number): Promise<Dataset> {
  const y = Uint8Array.from(noise(rows, 3), (value) => Math.floor(2 * (value + 1)));
  return Dataset.from({ x: noise(rows * 128), shape: [8, 8, 2], y, classes: 4 });
}

function network(seed: number): Promise<DynamicModel> {
  const layers = [
    new DynamicConv2D({ filters: 4 }),
    new DynamicConv2D({ filters: 4 }),
    new DynamicConv2DToDense({ units: 6 }),
    new DynamicDense({ units: 4 }),
  ];
  return DynamicModel.create({ input: [8, 8, 2], layers, seed });
}

describe.each(variants)('in the module $module', (options) => {
  beforeAll(() => start({ ...options, host: 'inline' }));
  afterAll(shutdown);

  it(`memory is flat over ${CHANGES} random adds and removes of features`, async () => {
    using model = await network(1);
    using data = await images(20);
    const widths = await model.widths();
    const below = random(7);
    const counted = { add: 0, remove: 0 };
    const change = async (axis: number, add: boolean): Promise<void> => {
      if (add) await model.expand({ axis });
      else await model.contract({ axis, index: below(widths[axis]!) });
      widths[axis]! += add ? 1 : -1;
      counted[add ? 'add' : 'remove']++;
    };
    const use = async (axis: number): Promise<void> => {
      await model.trainOnBatch(data);
      await model.tryChange({ type: 'expand', axis }, data, { weightPenalty: 1 });
    };
    // To the greatest widths and back until all decisions that a model remembers are there, so that the memory has been as
    // large as it must.
    for (let n = 0; n < 4 || counted.add + counted.remove < REMEMBERED; n++) {
      for (const axis of widths.keys()) {
        while (widths[axis] !== (n % 2 === 0 ? MOST : LEAST)) await change(axis, n % 2 === 0);
        await use(axis);
      }
    }
    counted.add = counted.remove = 0;
    const warm = await memory();
    for (let n = 0; n < CHANGES; n++) {
      const axis = below(widths.length);
      await change(axis, widths[axis]! <= LEAST || (widths[axis]! < MOST && below(2) === 0));
      if (n % 100 === 0) await use(axis);
    }
    expect(await model.widths()).toEqual(widths);
    expect(Math.min(counted.add, counted.remove)).toBeGreaterThan(CHANGES / 3);
    expect(await memory()).toBeLessThanOrEqual(warm + SLACK);
  });

  it(`memory is flat over ${ROUNDS} models and data sets that are made, trained and disposed`, async () => {
    let warm = 0;
    for (let round = 0; round < ROUNDS; round++) {
      using model = await network(round);
      using data = await images(60);
      await model.fit(data, { epochs: 2, batchSize: 25, growth: { method: 'stochastic', every: 1 }, validationSplit: 0.2 });
      const file = await model.save();
      using copy = await DynamicModel.load(file);
      await copy.restore(file);
      await copy.predict({ x: data.x.subarray(0, 128) });
      if (round === ROUNDS / 10) warm = await memory();
    }
    expect(await memory()).toBeLessThanOrEqual(warm + SLACK);
  });
});

/** Whole numbers from 0 to below the argument, the same each time. */
function random(seed: number): (below: number) => number {
  const values = noise(1 << 16, seed);
  let next = 0;
  return (below) => Math.floor(((values[next++ % values.length]! + 1) / 2) * below);
}
