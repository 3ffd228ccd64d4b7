import { Dataset } from 'cambium';
import { digits } from 'cambium/data';
import type { Table } from './table.ts';
import { toyPoints, type ToyName } from './toys.ts';

/** The data sets that come with the page. */
export const builtIn = ['digits', 'spirals', 'moons', 'circles'] as const;
/** One of them. */
export type BuiltIn = (typeof builtIn)[number];

/** What the page draws of a model's predictions: rows to predict, and how they lie on the picture. */
export type Picture =
  | { type: 'surface'; rows: Dataset; side: number; extent: Extent; points: Points; names: readonly [string, string] }
  | { type: 'digits'; rows: Dataset };

/** The part of the plane that is drawn. */
export interface Extent {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Rows on the plane: two numbers each, and their class, or their value. */
export interface Points {
  x: Float32Array;
  y: Uint32Array | Float32Array;
}

/** Data to train on, and the network that starts on it. */
export interface Task {
  /** For sentences and file names. */
  name: string;
  /** What the rows are, in a few words. */
  about: string;
  train: Dataset;
  valid: Dataset;
  batchSize: number;
  learningRate: number;
  /** Widths of the hidden layers at the start. */
  hidden: readonly number[];
  outputs: number;
  /** How often structure may change in an epoch, and what a weight costs, unless told otherwise. */
  updatesPerEpoch: number;
  weightPenalty: number;
  picture?: Picture;
  /** Where rows were standardised by the page. */
  table?: Table;
}

/** One seed for all that the page draws at random, so that each visit shows the same. */
export const SEED = 1;
/** Points of a toy set; a fifth of them is held out. */
const TOY_ROWS = 1000;
/** Points of the decision surface along each side. */
const SIDE = 56;
/** Held-out digits that are shown. */
const SHOWN_DIGITS = 40;

/** A grid of points over `train` with a margin, to be predicted. */
async function surface(train: Dataset, names: readonly [string, string]): Promise<Picture> {
  const points = { x: train.x as Float32Array, y: train.y! };
  const range = (offset: number): [least: number, span: number] => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = offset; i < points.x.length; i += 2) {
      least = Math.min(least, points.x[i]!);
      most = Math.max(most, points.x[i]!);
    }
    const margin = 0.08 * (most - least || 1);
    return [least - margin, most - least + 2 * margin];
  };
  const [[left, width], [top, height]] = [range(0), range(1)];
  const x = new Float32Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    x[2 * i] = left + (((i % SIDE) + 0.5) / SIDE) * width;
    x[2 * i + 1] = top + ((Math.floor(i / SIDE) + 0.5) / SIDE) * height;
  }
  const rows = await Dataset.from({ x, shape: [2] });
  return { type: 'surface', rows, side: SIDE, extent: { left, top, width, height }, points, names };
}

async function digitsTask(): Promise<Task> {
  const [train, valid] = (await Dataset.from(await digits())).split([0.8, 0.2], SEED);
  const shown = valid.subset(Array.from({ length: SHOWN_DIGITS }, (_, i) => i));
  return {
    name: 'digits',
    about: `${train.rows + valid.rows} handwritten digits of 8 × 8 pixels, ten classes`,
    ...{ train, valid, batchSize: 100, learningRate: 5e-3, hidden: [4], outputs: 10 },
    ...{ updatesPerEpoch: 5, weightPenalty: 1e-5, picture: { type: 'digits', rows: shown } },
  };
}

async function toyTask(name: ToyName): Promise<Task> {
  const { x, y } = toyPoints(name, TOY_ROWS, SEED);
  const [train, valid] = (await Dataset.from({ x, y, shape: [2] })).split([0.8, 0.2], SEED);
  return {
    name,
    about: `${TOY_ROWS} points in the plane, two classes`,
    ...{ train, valid, batchSize: 50, learningRate: 0.01, hidden: name === 'spirals' ? [4, 4] : [2, 2], outputs: 2 },
    ...{ updatesPerEpoch: 4, weightPenalty: 1e-4, picture: await surface(train, ['x', 'y']) },
  };
}

/** A task on one of the sets that come with the page. */
export function builtInTask(name: BuiltIn): Promise<Task> {
  return name === 'digits' ? digitsTask() : toyTask(name);
}

/** A task on a table of the person's own. */
export async function tableTask(name: string, table: Table): Promise<Task> {
  const { target, features, targetName } = table;
  const shape = [features.length];
  const more = target.type === 'labels' ? { classNames: target.classNames } : { targets: 'values' as const };
  const train = await Dataset.from({ ...table.train, shape, ...more });
  const valid = await Dataset.from({ ...table.valid, shape, ...more });
  const goal = target.type === 'labels' ? `${target.classNames.length} classes` : 'numbers';
  return {
    name,
    about: `${table.rows} rows, ${features.length} ${features.length === 1 ? 'feature' : 'features'}; “${targetName}” read as ${goal}`,
    ...{ train, valid, learningRate: 0.01, hidden: [4, 4], outputs: target.type === 'labels' ? target.classNames.length : 1 },
    // Some sixteen steps an epoch, so that small tables leave room for growth too.
    batchSize: Math.max(Math.min(8, train.rows), Math.min(100, Math.ceil(train.rows / 16))),
    ...{ updatesPerEpoch: 4, weightPenalty: 1e-4, table },
    ...(features.length === 2 && { picture: await surface(train, [features[0]!, features[1]!]) }),
  };
}

/** Gives back what a task holds in the engine. */
export function disposeTask(task: Task): void {
  task.train.dispose();
  task.valid.dispose();
  task.picture?.rows.dispose();
}
