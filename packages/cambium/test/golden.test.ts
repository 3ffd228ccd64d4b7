import { readFileSync } from 'node:fs';
import {
  adam,
  Dataset,
  DynamicConv2D,
  DynamicConv2DToDense,
  DynamicDense,
  DynamicModel,
  init,
  shutdown,
  type InitOptions,
  type Layer,
  type Tensor,
} from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Numbers = number | Numbers[];
type Arrays = Partial<Record<`${'w' | 'b'}${'' | '_m' | '_v'}`, Numbers>>;

/** A recording of the reference implementation; see test/golden/README.md. */
interface Trace {
  x: Numbers[];
  y: number[][];
  initial: Arrays[];
  final: Arrays[];
  initial_logits_batch0: Numbers;
  final_logits_batch0: Numbers;
  ops: {
    op: 'adam_step' | 'expand' | 'contract';
    batch?: number;
    loss_before?: number;
    between?: [number, number];
    incoming?: Numbers;
    bias?: number;
    outgoing?: Numbers;
    index?: number;
    loss_after_batch0?: number;
    weight_count?: number;
  }[];
}

const traces: Record<string, { input: number[]; classes: number; layers: Layer[] }> = {
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

function flat(value: Numbers): number[] {
  return typeof value === 'number' ? [value] : value.flatMap(flat);
}

function shapeOf(value: Numbers): number[] {
  return typeof value === 'number' ? [] : [value.length, ...shapeOf(value[0]!)];
}

/** The trace's arrays under the keys of `getState`, with how far they may be off. */
function arrays(layers: Arrays[]): Map<string, { tensor: Tensor; within: number }> {
  const found = new Map<string, { tensor: Tensor; within: number }>();
  const kinds = [
    ['', '', '', 5e-6],
    ['_m', 'optimizer.', '.first', 5e-6],
    ['_v', 'optimizer.', '.second', 5e-8],
  ] as const;
  layers.forEach((layer, n) => {
    for (const [letter, name] of [
      ['w', 'weight'],
      ['b', 'bias'],
    ] as const) {
      for (const [suffix, before, after, within] of kinds) {
        const value = layer[`${letter}${suffix}`];
        if (value === undefined) continue;
        const tensor = { shape: shapeOf(value), data: Float32Array.from(flat(value)) };
        found.set(`${before}layers.${n}.${name}${after}`, { tensor, within });
      }
    }
  });
  return found;
}

function expectNear(got: number, wanted: number): void {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-5 * Math.abs(wanted));
}

async function expectLogits(model: DynamicModel, batch: Dataset, wanted: Numbers): Promise<void> {
  const { data } = await model.predict(batch, { logits: true });
  flat(wanted).forEach((value, i) =>
    expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value))),
  );
}

async function replay(name: string): Promise<void> {
  const { input, classes, layers } = traces[name]!;
  const trace = JSON.parse(
    readFileSync(new URL(`../../../test/golden/${name}.json`, import.meta.url), 'utf8'),
  ) as Trace;
  using model = await DynamicModel.create({ input, layers, optimizer: adam({ sharedStepCount: true }) });
  const tensors = Object.fromEntries([...arrays(trace.initial)].map(([key, { tensor }]) => [key, tensor]));
  await model.setState({ config: (await model.getState()).config, tensors });
  const batches = await Promise.all(
    trace.x.map((x, b) => Dataset.from({ x: Float32Array.from(flat(x)), shape: input, y: trace.y[b]!, classes })),
  );
  await expectLogits(model, batches[0]!, trace.initial_logits_batch0);
  for (const {
    op,
    batch,
    loss_before,
    between,
    incoming,
    bias,
    outgoing,
    index,
    loss_after_batch0,
    weight_count,
  } of trace.ops) {
    if (op === 'adam_step') {
      expectNear((await model.trainOnBatch(batches[batch!]!)).loss, loss_before!);
      continue;
    }
    const axis = between![0];
    const weights = {
      incoming: flat(incoming ?? []),
      outgoing: flat(outgoing ?? []),
      ...(bias !== undefined && { bias }),
    };
    const report =
      op === 'expand' ? await model.expand({ axis, ...weights }) : await model.contract({ axis, index: index! });
    expect(report.weightCount).toBe(weight_count);
    expectNear((await model.evaluate(batches[0]!)).loss, loss_after_batch0!);
  }
  const { tensors: found } = await model.getState();
  for (const [key, { tensor, within }] of arrays(trace.final)) {
    expect(found[key]!.shape).toEqual(tensor.shape);
    tensor.data.forEach((value, i) => expect(Math.abs(found[key]!.data[i]! - value)).toBeLessThanOrEqual(within));
  }
  await expectLogits(model, batches[0]!, trace.final_logits_batch0);
  batches.forEach((data) => data.dispose());
}

const variants: InitOptions[] = (['portable', 'fast'] as const).flatMap((numerics) =>
  [1, 2].map((threads) => ({ numerics, threads })),
);

describe.each(variants)('with $numerics numerics and $threads threads', (options) => {
  beforeAll(() => init(options));
  afterAll(() => shutdown());

  it.each(Object.keys(traces))('%s training replays the recording', replay);
});
