/**
 * Training that can be stopped at any time and goes on where it stopped: when it is done, out of time or interrupted
 * (Ctrl-C), the model is saved with its optimiser and its random streams; the next start goes on from there.
 *
 *     node src/stop-and-go.ts [--file digits.safetensors] [--epochs 20] [--seconds 60]
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { adam, CambiumError, Dataset, DynamicDense, DynamicModel } from 'cambium';
import { digits } from 'cambium/data';

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: 'digits.safetensors' },
    epochs: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
  },
});
const [train, valid] = (await Dataset.from(await digits())).split([0.8, 0.2], 1);
using model = existsSync(values.file)
  ? await DynamicModel.load(await readFile(values.file))
  : await DynamicModel.create({
      input: [64],
      layers: [new DynamicDense({ units: 4 }), new DynamicDense({ units: 10 })],
      optimizer: adam({ learningRate: 0.01 }),
      seed: 1,
    });
console.log(`beginning at step ${(await model.structure()).step}`);

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
const run = model.fit(train, {
  epochs: Number(values.epochs),
  validationData: valid,
  growth: { method: 'stochastic', every: 5, weightPenalty: 1e-5 },
  signal: AbortSignal.any([interrupt.signal, AbortSignal.timeout(1000 * Number(values.seconds))]),
});
try {
  for await (const { epoch, valAccuracy, widths } of run)
    console.log(`epoch ${epoch + 1}: ${widths[0]} features, accuracy ${valAccuracy!.toFixed(4)}`);
} catch (error) {
  if (!(error instanceof CambiumError && error.code === 'ABORTED')) throw error;
  console.log(error.message);
}
await writeFile(values.file, await model.save());
console.log(`saved at step ${(await model.structure()).step} in ${values.file}`);
