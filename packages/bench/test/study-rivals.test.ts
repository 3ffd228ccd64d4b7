/** Rivals and controls of the study, on rows whose answer is known. */
import { Dataset, init, shutdown } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from '../../../test/support/engine.ts';
import { create, weightsOf, type Layout } from '../src/networks.ts';
import { control, controlNames, controlsOf, type Fixed } from '../src/study/rivals/controls.ts';
import { train, type Task } from '../src/study/rivals/fit.ts';
import { layoutOf, subjects } from '../src/study/subjects.ts';
import { byLinearModel, byVariance } from '../src/study/rivals/inputs.ts';

const never = new AbortController().signal;
const layout = (width: number): Layout => ({ input: [4], filters: [], units: [width, 2] });
const fixed: Fixed = { layout, doubling: undefined };
let task: Task;

/** Rows of four features: the label is the sign of feature 2, feature 0 varies most, feature 3 not at all. */
async function rows(seed: number): Promise<Dataset> {
  const x = noise(4 * 120, seed).map((value, at) => [5 * value, 0.1 * value, value, 1][at % 4]!);
  return Dataset.from({ x, shape: [4], y: Uint8Array.from({ length: 120 }, (_, row) => (x[4 * row + 2]! > 0 ? 1 : 0)), classes: 2 });
}

beforeAll(async () => {
  await init({ threads: 1 });
  const parts = { train: await rows(1), valid: await rows(2), test: await rows(3) };
  task = { parts, seed: 1, epochs: 60, batchSize: 20, weightDecay: 0 };
});
afterAll(shutdown);

describe('rivals', () => {
  it('choose inputs by variance, and by a linear model', async () => {
    expect(byVariance(task, 2)).toEqual([0, 2]);
    expect(byVariance(task, 3)).toEqual([0, 1, 2]);
    expect(await byLinearModel(task, 1)).toEqual([2]);
  });

  it('have as many weights as their layouts say', async () => {
    const conv: Layout = { input: [6, 6, 3], filters: [2, 5], units: [7, 4] };
    for (const one of [layout(4), conv]) {
      using model = await create(one, 1);
      expect((await model.structure()).weightCount).toBe(weightsOf(one));
    }
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
