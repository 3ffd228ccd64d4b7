/** Replays training recorded from the reference implementation (test/golden/README.md) in every module. */
import { readFileSync } from 'node:fs';
import {
  adam,
  Dataset,
  DynamicConv2D,
  DynamicConv2DToDense,
  DynamicDense,
  DynamicModel,
  shutdown,
  type Layer,
  type Tensor,
} from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, variants } from './support/engine.ts';

type Numbers = number | Numbers[];
type Arrays = Partial<Record<`${'w' | 'b'}${'' | '_m' | '_v'}`, Numbers>>;
type Operation =
  | { op: 'adam_step'; batch: number; loss_before: number }
  | ({ between: [number, number]; loss_after_batch0: number; weight_count: number } & (
      { op: 'expand'; incoming: Numbers; bias: number | null; outgoing: Numbers } | { op: 'contract'; index: number }
    ));

interface Trace {
  x: Numbers[];
  y: number[][];
  initial: Arrays[];
  final: Arrays[];
  initial_logits_batch0: Numbers;
  final_logits_batch0: Numbers;
  ops: Operation[];
}

const networks: Record<string, { input: number[]; classes: number; layers: Layer[] }> = {
  dense: { input: [7], classes: 3, layers: [5, 6, 3].map((units) => new DynamicDense({ units })) },
  conv: {
    input: [8, 8, 3],
    classes: 4,
    layers: [
      ...[4, 5].map((filters) => new DynamicConv2D({ filters })),
      new DynamicConv2DToDense({ units: 6 }),
      new DynamicDense({ units: 4 }),
    ],
  },
};

/** What an array of the trace is called in a state, and how far its numbers may be off. */
const parts = [
  { suffix: '', before: '', after: '', within: 5e-6 },
  { suffix: '_m', before: 'optimizer.', after: '.first', within: 5e-6 },
  { suffix: '_v', before: 'optimizer.', after: '.second', within: 5e-8 },
] as const;
const LOSS_RELATIVE = 1e-5;

const flat = (value: Numbers): number[] => (typeof value === 'number' ? [value] : value.flatMap(flat));
const shapeOf = (value: Numbers): number[] =>
  typeof value === 'number' ? [] : [value.length, ...shapeOf(value[0]!)];

function* arrays(layers: Arrays[]): Generator<{ key: string; tensor: Tensor; within: number }> {
  for (const [n, layer] of layers.entries()) {
    for (const [letter, name] of [['w', 'weight'], ['b', 'bias']] as const) {
      for (const { suffix, before, after, within } of parts) {
        const value = layer[`${letter}${suffix}`];
        if (value === undefined) continue;
        const tensor = { shape: shapeOf(value), data: Float32Array.from(flat(value)) };
        yield { key: `${before}layers.${n}.${name}${after}`, tensor, within };
      }
    }
  }
}

/** The largest `|got - wanted| / scale(wanted)`; unequal lengths and NaN give infinity. */
function worst(got: ArrayLike<number>, wanted: ArrayLike<number>, scale: (value: number) => number = () => 1): number {
  if (got.length !== wanted.length) return Infinity;
  let most = 0;
  for (let i = 0; i < wanted.length; i++) {
    const off = Math.abs(got[i]! - wanted[i]!) / scale(wanted[i]!);
    if (!(off <= most)) most = Number.isNaN(off) ? Infinity : off;
  }
  return most;
}

async function logitsOff(model: DynamicModel, batch: Dataset, wanted: Numbers): Promise<number> {
  const { data } = await model.predict(batch, { logits: true });
  return worst(data, flat(wanted), (value) => Math.max(1, Math.abs(value)));
}

async function replay(name: string): Promise<void> {
  const { input, classes, layers } = networks[name]!;
  const trace = JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8')) as Trace;
  using model = await DynamicModel.create({ input, layers, optimizer: adam({ sharedStepCount: true }) });
  const tensors = Object.fromEntries([...arrays(trace.initial)].map(({ key, tensor }) => [key, tensor]));
  await model.setState({ config: (await model.getState()).config, tensors });
  const batches = await Promise.all(
    trace.x.map((x, b) => Dataset.from({ x: Float32Array.from(flat(x)), shape: input, y: trace.y[b]!, classes })),
  );
  expect(await logitsOff(model, batches[0]!, trace.initial_logits_batch0)).toBeLessThan(1e-5);
  for (const [n, op] of trace.ops.entries()) {
    const { loss, wanted } = await perform(model, batches, op);
    expect(worst([loss], [wanted], Math.abs), `loss of operation ${n}, ${op.op}`).toBeLessThan(LOSS_RELATIVE);
  }
  const found = (await model.getState()).tensors;
  for (const { key, tensor, within } of arrays(trace.final)) {
    expect(found[key]?.shape, key).toEqual(tensor.shape);
    expect(worst(found[key]!.data, tensor.data), key).toBeLessThanOrEqual(within);
  }
  expect(await logitsOff(model, batches[0]!, trace.final_logits_batch0)).toBeLessThan(1e-5);
  batches.forEach((batch) => batch.dispose());
}

/** Does one operation; gives the loss found and the loss recorded. */
async function perform(model: DynamicModel, batches: Dataset[], op: Operation): Promise<{ loss: number; wanted: number }> {
  if (op.op === 'adam_step') {
    const { loss } = await model.trainOnBatch(batches[op.batch]!);
    return { loss, wanted: op.loss_before };
  }
  const axis = op.between[0];
  const report =
    op.op === 'contract'
      ? await model.contract({ axis, index: op.index })
      : await model.expand({
          axis,
          incoming: flat(op.incoming),
          outgoing: flat(op.outgoing),
          ...(op.bias !== null && { bias: op.bias }),
        });
  expect(report.weightCount).toBe(op.weight_count);
  const { loss } = await model.evaluate(batches[0]!);
  return { loss, wanted: op.loss_after_batch0 };
}

describe.each(variants)('the module $module', (options) => {
  beforeAll(() => start(options));
  afterAll(shutdown);

  it.each(Object.keys(networks))('replays the recorded %s training', replay);
});
