// Types alone: what this file shared with the main entry would split that entry's code.
import type { Handle } from './handle.ts';
import type { Engine } from './runtime/protocol.ts';
import type { Summary } from './runtime/reports.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';

/** Features at least, where a width can change: narrower layers take more for each multiply-add, but do not stay so narrow. */
const WIDTH = 32;
/** Rows of a step at most, so that what a step costs beside its multiply-adds is small. */
const ROWS = 256;
/** Numbers at most in the tensors of a step, and in the data. */
const NUMBERS = 2 ** 22;
/**
 * Multiply-adds between two looks at the clock, of which one row of a step has three times those forward: some 5 ms, so that a
 * busy machine has a chance to leave one of them alone, and a call into the engine is little beside them.
 */
const WORK = 3e7;
/** Such times that are taken at most and at least, and milliseconds after which no more than the least are. */
const MOST = 40;
const LEAST = 8;
const LONG = 300;

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const hasWeights = (layer: LayerSpec): boolean => 'units' in layer || 'filters' in layer;

/** A model that does what layer `index` does, and what follows it up to the next layer with weights, behind next to nothing. */
function alone({ input, layers }: ModelSpec, summary: Summary, index: number): { input: number[]; layers: LayerSpec[] } {
  const wide = (ends: 'producers' | 'consumers', width: number): number =>
    summary.axes.some((axis) => axis.growable && axis[ends].includes(index)) ? Math.max(WIDTH, width) : width;
  const layer = { ...layers[index]! };
  if ('units' in layer) layer.units = wide('producers', layer.units);
  if ('filters' in layer) layer.filters = wide('producers', layer.filters);
  const next = layers.findIndex((other, at) => at > index && hasWeights(other));
  const after = layers.slice(index + 1, next < 0 ? undefined : next).filter(({ type }) => type !== 'Add' && type !== 'Flatten');
  const list = [layer, ...after];
  const pooled = after.some(({ type }) => type === 'GlobalAveragePooling2D');
  if (summary.layers[index]!.outputShape.length === 3 && !pooled) list.push({ type: 'GlobalAveragePooling2D' });
  if (layers.findIndex(hasWeights) === index) {
    const before = layers.slice(0, index).filter(({ type }) => type !== 'Add');
    return { input: input.length === 1 ? [summary.inputs] : input, layers: [...before, ...list] };
  }
  const shape = summary.layers[index - 1]!.outputShape;
  const now = summary.axes.find((axis) => axis.consumers.includes(index))!.width;
  const width = wide('consumers', now);
  // One number for each place: the gradient by it is not computed, that by what it is made into is.
  if (shape.length === 1) return { input: [1], layers: [{ type: 'Dense', units: (shape[0]! / now) * width, activation: 'linear' }, ...list] };
  const point: LayerSpec = { type: 'Conv2D', filters: width, kernelSize: [1, 1], strides: [1, 1], activation: 'linear' };
  return { input: [shape[0]!, shape[1]!, 1], layers: [point, ...list] };
}

/** Nanoseconds of a multiply-add in a step of `spec`. */
async function measure(engine: Engine, spec: ModelSpec): Promise<number> {
  const model = await engine.call('modelCreate', JSON.stringify(spec));
  try {
    const { layers, multiplyAdds } = await engine.call('summary', model);
    const tensors = layers.reduce((sum, { outputShape }) => sum + size(outputShape), size(spec.input));
    const batchSize = Math.min(ROWS, Math.max(16, Math.floor(NUMBERS / tensors)));
    const most = Math.floor(NUMBERS / (batchSize * size(spec.input)));
    const steps = Math.max(1, Math.min(64, most, Math.round(WORK / (3 * batchSize * multiplyAdds))));
    const [rows, width] = [batchSize * steps, size(layers.at(-1)!.outputShape)];
    const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    const targets = { type: 'values', width } as const;
    const description = { rows, shape: spec.input, dtype: 'f32', scale: 1, targets } as const;
    const data = await engine.call('datasetCreate', description, numbers(rows * size(spec.input)), numbers(rows * width));
    try {
      return (await leastTime(engine, model, data, batchSize)) / (batchSize * multiplyAdds);
    } finally {
      await engine.call('datasetDispose', data);
    }
  } finally {
    await engine.call('modelDispose', model);
  }
}

/** The least time of a step, in nanoseconds; infinite where the clock stands still. */
async function leastTime(engine: Engine, model: number, data: number, batchSize: number): Promise<number> {
  const fit = await engine.call('fitBegin', model, { batchSize, epochs: MOST, shuffle: false }, data, null);
  let least = Infinity;
  try {
    const start = performance.now();
    for (let [times, done] = [0, false]; !done && (times < LEAST || performance.now() - start < LONG); times++) {
      const begun = performance.now();
      const chunk = await engine.call('fitChunk', fit);
      const took = performance.now() - begun;
      // At the edge the clock may stand still while code runs.
      if (took > 0) least = Math.min(least, took / chunk.losses.length);
      done = chunk.done;
    }
  } finally {
    await engine.call('fitEnd', fit);
  }
  return least * 1e6;
}

/** What `DynamicModel.measureRates` gives, for the model `config` behind `handle`; infinite where the clock stands still. */
export async function measureRates(handle: Handle, config: ModelSpec): Promise<number[]> {
  const summary = await handle.call('summary');
  const rates: number[] = [];
  for (const [index, layer] of config.layers.entries()) {
    handle.check();
    // More digits than four would be noise.
    rates.push(hasWeights(layer) ? Number((await measure(handle.engine, alone(config, summary, index))).toPrecision(4)) : 0);
  }
  return rates;
}
