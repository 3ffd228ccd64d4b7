/**
 * A loss of your own: cross-entropy with smoothed labels (Szegedy et al. 2016). The right class gets `1 - smoothing`, the
 * rest is shared by all, so that the network is not driven to ever larger logits.
 *
 *     node src/custom-loss.ts [--epochs 30]
 */
import { parseArgs } from 'node:util';
import { Dataset, DynamicDense, DynamicModel, type CustomLoss } from 'cambium';
import { digits } from 'cambium/data';

const smoothing = 0.1;

/** `-sum_j t_j ln softmax(z)_j`, mean over rows; its derivative by `z_j` is `(softmax(z)_j - t_j) / rows`. */
const smoothedCrossEntropy: CustomLoss = (logits, labels, [rows, classes]) => {
  const gradient = new Float32Array(logits.length);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const z = logits.subarray(row * classes, (row + 1) * classes);
    const largest = Math.max(...z);
    const sum = z.reduce((total, value) => total + Math.exp(value - largest), 0);
    for (let j = 0; j < classes; j++) {
      const target = smoothing / classes + (j === labels![row] ? 1 - smoothing : 0);
      const logarithm = z[j]! - largest - Math.log(sum);
      loss -= (target * logarithm) / rows;
      gradient[row * classes + j] = (Math.exp(logarithm) - target) / rows;
    }
  }
  return { loss, gradient };
};

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '30' } } });
const [train, valid, test] = (await Dataset.from(await digits())).split([0.6, 0.2, 0.2]);
using model = await DynamicModel.create({
  input: [64],
  layers: [new DynamicDense({ units: 16 }), new DynamicDense({ units: 10 })],
});
const epochs = Number(values.epochs);
await model.fit(train, { epochs, batchSize: 50, validationData: valid, loss: smoothedCrossEntropy, verbose: true });
console.log(`test accuracy ${(await model.evaluate(test)).accuracy!.toFixed(4)}`);
