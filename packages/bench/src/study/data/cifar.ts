/** CIFAR-10 from files in its own binary format. */
import { Dataset } from 'cambium';
import { loadCifar10 } from 'cambium/data';
import { Failure } from '../../failure.ts';
import { drawn, filesIn } from './folder.ts';
import type { Source } from './source.ts';

/** Images of the study that are not for testing; of more, so many are drawn. */
const IMAGES = 10_000;

function filesOf(folder: string): { train: string[]; test: string[] } {
  const files = filesIn(folder, /\.bin(\.gz)?$/);
  const isTest = (file: string): boolean => /test[^/]*$/.test(file);
  return { train: files.filter((file) => !isTest(file)), test: files.filter(isTest) };
}

/** Whether there are such files in `folder`. */
export function hasCifar(folder: string): boolean {
  return filesOf(folder).train.length > 0;
}

/** Files with "test" in their name to test with; 90 % of all others to train on, 10 % to decide by. */
export async function cifar(folder: string): Promise<Source> {
  const files = filesOf(folder);
  if (files.test.length === 0) throw new Failure(`--data: ${folder} has CIFAR-10 files to train on (${files.train.join(', ')}), but none with "test" in its name`);
  const all = drawn(await Dataset.from(await loadCifar10(files.train)), IMAGES);
  const test = await Dataset.from(await loadCifar10(files.test));
  return {
    shape: all.shape,
    outputs: 10,
    split: async (seed) => {
      const [train, valid] = all.split([0.9, 0.1], seed);
      return { train, valid, test: test.subset([...Array(test.rows).keys()]) };
    },
  };
}
