/** Which inputs a fixed network would be given by somebody who chooses them beforehand, by training rows alone. */
import { adam, type Dataset, DynamicDense, DynamicModel } from 'cambium';
import type { Task } from './fit.ts';

/** The `count` inputs of highest variance. */
export function byVariance({ parts: { train } }: Task, count: number): number[] {
  return highest(variances(train), count);
}

/** The `count` inputs with the largest weights in a linear model, each weight times its input's deviation. */
export async function byLinearModel({ parts: { train, valid }, seed, batchSize }: Task, count: number): Promise<number[]> {
  const outputs = train.targets.type === 'labels' ? train.targets.classes : 1;
  using model = await DynamicModel.create({ input: [...train.shape], layers: [new DynamicDense({ units: outputs })], seed });
  const epochs = Math.ceil(1000 / Math.ceil(train.rows / batchSize));
  await model.fit(train, { epochs, batchSize, optimizer: adam({ learningRate: 2e-3 }), validationData: valid });
  const { data } = (await model.getState()).tensors['layers.0.weight']!;
  const scores = variances(train);
  const importance = scores.map((variance, input) => {
    let sum = 0;
    for (let output = 0; output < outputs; output++) sum += data[input * outputs + output]! ** 2;
    return variance * sum;
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
