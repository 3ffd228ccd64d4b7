/** Rivals and controls of the study, on rows whose answer is known. */
import { Dataset, init, shutdown } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from '../../../test/support/engine.ts';
import { create, multiplyAdds, weightsOf, type Layout } from '../src/networks.ts';
import { control, controlNames, controlsOf, type Fixed } from '../src/study/rivals/controls.ts';
import { train, type Task } from '../src/study/rivals/fit.ts';
import { meanMultiplyAdds } from '../src/study/rivals/path.ts';
import { layoutOf, subjects } from '../src/study/subjects.ts';
import { byLinearModel, byVariance } from '../src/study/rivals/inputs.ts';

const never = new AbortController().signal;
const layout = (width: number): Layout => ({ input: [4], filters: [], units: [width, 2] });
const fixed: Fixed = { layout, doubling: undefined };
/** A stream of 3 and 2 inside the block, on images of 6x6. */
const block: Layout = { input: [6, 6, 1], filters: [3, 2], residual: true, units: [2] };
let task: Task;
let images: Task;

/** Rows of four features: the label is the sign of feature 2, feature 0 varies most, feature 3 not at all. */
async function rows(seed: number): Promise<Dataset> {
  const x = noise(4 * 120, seed).map((value, at) => [5 * value, 0.1 * value, value, 1][at % 4]!);
  return Dataset.from({ x, shape: [4], y: Uint8Array.from({ length: 120 }, (_, row) => (x[4 * row + 2]! > 0 ? 1 : 0)), classes: 2 });
}

/** Images: the label is whether the upper half is lighter than the lower one. */
async function halves(seed: number): Promise<Dataset> {
  const x = noise(36 * 80, seed);
  const half = (row: number, from: number) => x.slice(36 * row + from, 36 * row + from + 18).reduce((a, b) => a + b);
  return Dataset.from({ x, shape: [6, 6, 1], y: Uint8Array.from({ length: 80 }, (_, row) => (half(row, 0) > half(row, 18) ? 1 : 0)), classes: 2 });
}

beforeAll(async () => {
  await init({ threads: 1 });
  const parts = { train: await rows(1), valid: await rows(2), test: await rows(3) };
  task = { parts, seed: 1, epochs: 60, batchSize: 20, weightDecay: 0 };
  images = { ...task, parts: { train: await halves(1), valid: await halves(2), test: await halves(3) }, epochs: 12 };
});
afterAll(shutdown);

describe('rivals', () => {
  it('choose inputs by variance, and by a linear model', async () => {
    expect(byVariance(task, 2)).toEqual([0, 2]);
    expect(byVariance(task, 3)).toEqual([0, 1, 2]);
    expect(await byLinearModel(task, 1)).toEqual([2]);
  });

  it('have as many weights and multiply-adds as their layouts say', async () => {
    const conv: Layout = { input: [6, 6, 3], filters: [2, 5], units: [7, 4] };
    for (const one of [layout(4), conv, block, { ...block, input: [7, 7, 3], units: [5, 3] }]) {
      using model = await create(one, 1);
      const { weightCount, multiplyAdds: products } = await model.structure();
      expect([weightCount, products]).toEqual([weightsOf(one), multiplyAdds(one)]);
    }
  });

  it('of a residual block are known by their layouts while they grow, and rebuilt by them', async () => {
    const growth = { method: 'budget', weights: 600 } as const;
    using model = await create(block, 1);
    const history = await model.fit(images.parts.train, { epochs: 12, batchSize: 20, validationData: images.parts.valid, growth });
    const { widths, weightCount, multiplyAdds: products } = await model.structure();
    const end: Layout = { ...block, filters: widths };
    expect(widths).not.toEqual(block.filters);
    expect([weightsOf(end), multiplyAdds(end)]).toEqual([weightCount, products]);
    // All changes at the first step, so that the rest is of the network at the end.
    expect(meanMultiplyAdds(block, { events: history.events.map((event) => ({ ...event, step: 0 })), steps: 1, firstStep: 0 })).toBe(products);

    const found = await train(images, block, growth);
    expect([found.weights, found.layout.residual]).toEqual([weightsOf(found.layout), true]);
    expect(found.weights).toBeGreaterThan(weightsOf(block));
    const retrained = await control('retrained', images, found, fixed, never);
    expect([retrained.layout, retrained.weights]).toEqual([found.layout, found.weights]);
  });

  it('are scored on test rows', async () => {
    const { score, weights, macs, eventShare, layout: end } = await train(task, layout(4));
    expect(score).toBeGreaterThan(90);
    expect([weights, macs, eventShare, end]).toEqual([weightsOf(layout(4)), 4 * 4 + 4 * 2, 0, layout(4)]);
    const values = async (seed: number) => {
      const { x } = await rows(seed);
      return Dataset.from({ x, shape: [4], y: Float32Array.from({ length: 120 }, (_, row) => 3 * x[4 * row + 2]!) });
    };
    const parts = { train: await values(1), valid: await values(2), test: await values(3) };
    const linear = await train({ ...task, parts, epochs: 300 }, { ...layout(8), units: [8, 1] });
    expect(linear.score).toBeGreaterThan(90);
    expect(linear.score).toBeLessThanOrEqual(100);
  });

  it('controls have the shape that was found, or its size on inputs chosen otherwise', async () => {
    const found = { ...(await train(task, layout(5))), inputs: [1, 2] };
    expect(controlsOf(found, fixed)).toEqual(['retrained', 'variance', 'linear']);
    const narrow = { ...found, layout: { ...found.layout, input: [2] } };
    const [retrained, variance] = await Promise.all((['retrained', 'variance'] as const).map((kind) => control(kind, task, narrow, fixed, never)));
    expect(retrained!.layout).toEqual({ input: [2], filters: [], units: [5, 2] });
    // 37 weights: nearest are 7 units on two inputs, 7 * 3 + 2 * 8.
    expect(variance!.layout).toEqual({ input: [2], filters: [], units: [7, 2] });
    expect(variance!.weights).toBe(found.weights);

    const { inputs, ...all } = found;
    expect(inputs).toHaveLength(2);
    expect(controlsOf(all, fixed)).toEqual(['retrained']);
    expect((await control('retrained', task, all, fixed, never)).score).toBe(all.score);
  });

  it('a control is the network whose channels double, where a data set has it', async () => {
    const doubling = layout(3);
    const found = await train(task, layout(5));
    expect(controlsOf(found, { layout, doubling })).toEqual(['retrained', 'doubling']);
    expect((await control('doubling', task, found, { layout, doubling }, never)).layout).toEqual(doubling);
    const [subject, ...others] = subjects.filter(({ doubling: filters }) => filters);
    const network = { ...layoutOf(subject!, 1, { shape: [32, 32, 3], outputs: 10 }), filters: [...subject!.doubling!] };
    expect(others).toEqual([]);
    expect(controlNames.doubling).toContain(`of ${network.filters.slice(0, -1).join(', ')} and ${network.filters.at(-1)} channels`);
    expect(controlNames.doubling).toContain(`of ${weightsOf(network).toLocaleString('en')} weights`);
  });
});
