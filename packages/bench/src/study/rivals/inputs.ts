/** Which inputs a fixed network would be given by somebody who chooses them beforehand, by training rows alone. */
import { adamw, cosine, type Dataset, DynamicDense, DynamicModel } from 'cambium';
import { mean } from '../../statistics.ts';
import type { Task } from './fit.ts';

/** The `count` inputs of highest variance. */
export function byVariance({ parts: { train } }: Task, count: number): number[] {
  return highest(variances(train), count);
}

/** What the linear model is trained with: it converges, and what is left of the start in weights without use decays. */
const optimizer = adamw({ learningRate: 1e-2, weightDecay: 0.3, schedule: cosine() });
/** Its steps, about. */
const STEPS = 1000;

/**
 * The `count` inputs with the largest weights in a linear model, each weight times its input's deviation. Of the weights to
 * classes the differences count: what all classes have in common changes no probability.
 */
export async function byLinearModel({ parts: { train }, seed, batchSize }: Task, count: number): Promise<number[]> {
  const outputs = train.targets.type === 'labels' ? train.targets.classes : 1;
  using model = await DynamicModel.create({ input: [...train.shape], layers: [new DynamicDense({ units: outputs })], seed });
  await model.fit(train, { epochs: Math.ceil(STEPS / Math.ceil(train.rows / batchSize)), batchSize, optimizer });
  const { data } = (await model.getState()).tensors['layers.0.weight']!;
  const importance = variances(train).map((variance, input) => {
    const weights = [...data.subarray(input * outputs, (input + 1) * outputs)];
    const common = outputs > 1 ? mean(weights) : 0;
    return variance * mean(weights.map((weight) => (weight - common) ** 2));
  });
  return highest(importance, count);
}

function highest(scores: readonly number[], count: number): number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, count).sort((a, b) => a - b);
}

function variances({ x, rows, shape }: Dataset): number[] {
  const inputs = shape[0]!;
  const [sums, squares] = [new Float64Array(inputs), new Float64Array(inputs)];
  for (let i = 0; i < x.length; i++) {
    sums[i % inputs]! += x[i]!;
    squares[i % inputs]! += x[i]! ** 2;
  }
  return Array.from(squares, (square, input) => square / rows - (sums[input]! / rows) ** 2);
}
