import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CambiumError, Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, type Layer } from 'cambium';
import { digits, loadCifar10, loadIdx, type LabelledRows } from 'cambium/data';

/** The data sets that the command knows. */
export const taskNames = ['digits', 'idx', 'cifar10'] as const;
/** One of them. */
export type TaskName = (typeof taskNames)[number];

/** A network to train, and rows for it. */
export interface Task {
  /** Rows that train. */
  train: Dataset;
  /** Rows that decide. */
  valid: Dataset;
  /** Rows that are looked at once, at the end. */
  test: Dataset;
  /** The network at the start. */
  layers: Layer[];
  /** Of Adam, before it falls. */
  learningRate: number;
}

/** A network with a hidden layer of 4 features; growth does the rest. */
function denseLayers(classes: number): Layer[] {
  return [4, classes].map((units) => new DynamicDense({ units }));
}

/** The published network for 32x32 images: four 3x3 convolutions of stride 2, then dense layers. */
function convolutionLayers(classes: number): Layer[] {
  const convolutions = Array.from({ length: 4 }, () => new DynamicConv2D({ filters: 4 }));
  return [...convolutions, new DynamicConv2DToDense({ units: 10 }), new DynamicDense({ units: 10 }), new DynamicDense({ units: classes })];
}

/** The files in `folder` whose names match, sorted. */
async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new CambiumError('LOAD_FAILED', `the folder ${folder} cannot be read`, { cause });
  }
  const found = names.filter((name) => pattern.test(name)).sort();
  if (found.length === 0)
    throw new CambiumError('LOAD_FAILED', `the folder ${folder} has no file like ${pattern.source}`);
  return found.map((name) => join(folder, name));
}

const isTest = /(test|t10k)/i;

async function idxRows(folder: string, test: boolean): Promise<LabelledRows> {
  const pick = async (kind: RegExp): Promise<string> => {
    const found = (await filesIn(folder, kind)).filter((path) => isTest.test(path.slice(folder.length)) === test);
    if (found.length === 1) return found[0]!;
    const which = test ? 'test (or t10k)' : 'training';
    throw new CambiumError(
      'LOAD_FAILED',
      `the folder ${folder} must have one ${which} file like ${kind.source}, not ${found.length}`,
    );
  };
  const rows = await loadIdx({ images: await pick(/images.*idx3/i), labels: await pick(/labels.*idx1/i) });
  return { ...rows, shape: [rows.shape[0]! * rows.shape[1]!] };
}

async function cifarRows(folder: string, test: boolean): Promise<LabelledRows> {
  const files = await filesIn(folder, /\.bin(\.gz)?$/i);
  return loadCifar10(files.filter((path) => isTest.test(path.slice(folder.length)) === test));
}

/**
 * The data and network of a task. Where the data has no test part of its own, a fifth of the rows is set aside for it; of
 * the rest a fifth decides (stopping, growth). `seed` draws the rows.
 *
 * @throws CambiumError `LOAD_FAILED`, `STATE`, `OPTION`
 */
export async function loadTask(name: TaskName, seed: number, folder: string | undefined): Promise<Task> {
  if (name === 'digits') {
    const [rest, test] = (await Dataset.from(await digits())).split([0.8, 0.2], seed);
    const [train, valid] = rest.split([0.8, 0.2], seed);
    return { train, valid, test, layers: denseLayers(10), learningRate: 5e-3 };
  }
  if (folder === undefined) throw new CambiumError('OPTION', `train ${name} needs --data DIR, the folder of its files`);
  const rows = name === 'idx' ? idxRows : cifarRows;
  const test = await Dataset.from(await rows(folder, true));
  const [train, valid] = (await Dataset.from(await rows(folder, false))).split([0.8, 0.2], seed);
  const classes = train.targets.type === 'labels' ? train.targets.classes : 0;
  const layers = name === 'idx' ? denseLayers(classes) : convolutionLayers(classes);
  return { train, valid, test, layers, learningRate: 1e-3 };
}
