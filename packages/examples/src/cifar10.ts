/** What both CIFAR-10 recipes share: command line, data, network, and the last lines they print. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adam, Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, DynamicModel, type History } from 'cambium';
import { loadCifar10 } from 'cambium/data';

/** Weights of new features are drawn with this standard deviation. */
const newWeightStd = 0.01;

/** The command line: `--data DIR` (needed) and `--epochs N`. */
export function readArguments(): { folder: string; epochs: number } {
  const { values } = parseArgs({ options: { data: { type: 'string' }, epochs: { type: 'string', default: '50' } } });
  if (values.data === undefined) {
    console.error(
      '--data DIR is needed: the folder with data_batch_1.bin to test_batch.bin (or .bin.gz) from https://www.cs.toronto.edu/~kriz/cifar.html',
    );
    process.exit(2);
  }
  return { folder: values.data, epochs: Number(values.epochs) };
}

/** The images in `folder`: files with "test" in their name to test; a tenth of all others to judge, the rest to train. */
export async function load(folder: string): Promise<{ train: Dataset; valid: Dataset; test: Dataset }> {
  const names = (await readdir(folder)).filter((name) => /\.bin(\.gz)?$/.test(name)).sort();
  const read = async (test: boolean) => {
    const files = names.filter((name) => name.includes('test') === test).map((name) => join(folder, name));
    return Dataset.from(await loadCifar10(files));
  };
  const [train, valid] = (await read(false)).split([0.9, 0.1]);
  return { train, valid, test: await read(true) };
}

/** Four 3x3 convolutions of stride 2 and 4 features (32x32 to 2x2), then 2x2x4 -> 10 -> 10 -> 10. */
export function network(): Promise<DynamicModel> {
  return DynamicModel.create({
    input: [32, 32, 3],
    layers: [
      ...[4, 4, 4, 4].map(
        (filters) => new DynamicConv2D({ filters, kernelSize: 3, strides: 2, padding: 'same', newWeightStd }),
      ),
      new DynamicConv2DToDense({ units: 10, newWeightStd }),
      new DynamicDense({ units: 10, newWeightStd }),
      new DynamicDense({ units: 10, newWeightStd }),
    ],
    optimizer: adam({ learningRate: 1e-3 }),
  });
}

/** Prints what became of the network. */
export async function conclude(model: DynamicModel, history: History, test: Dataset): Promise<void> {
  const { loss, accuracy } = await model.evaluate(test);
  console.log(await model.summary());
  console.log(`${history.added} features added, ${history.removed} removed`);
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy!).toFixed(2)} %`);
}
