/** What every data set of the study gives. */
import { Dataset } from 'cambium';

/** Rows to train on, to decide by, and to test with. */
export interface Parts {
  train: Dataset;
  valid: Dataset;
  /** Decide nothing. */
  test: Dataset;
}

/** A data set that is split anew for each seed. */
export interface Source {
  /** Shape of one row. */
  shape: readonly number[];
  /** Classes, or 1 for a number. */
  outputs: number;
  /** The rows of each part depend on the seed alone; whoever asked for them releases them. */
  split(seed: number): Promise<Parts>;
}

/** Shares of the rows to train on, to decide by, and to test with. */
export type Shares = readonly [train: number, valid: number, test: number];

/** Parts of all rows by `shares`. */
export function parts(all: Dataset, shares: Shares, seed: number): Parts {
  const [train, valid, test] = all.split(shares, seed);
  return { train: train!, valid: valid!, test: test! };
}

/** Frees the memory of the parts inside the engine. */
export function release({ train, valid, test }: Parts): void {
  for (const part of [train, valid, test]) part.dispose();
}

/** The same change made to each part. */
export async function each(of: Parts, change: (part: Dataset) => Promise<Dataset>): Promise<Parts> {
  return { train: await change(of.train), valid: await change(of.valid), test: await change(of.test) };
}

/** The features `columns` of plain rows, in that order, targets as they are. */
export function columnsOf(part: Dataset, columns: readonly number[]): Promise<Dataset> {
  const features = part.shape[0]!;
  const x = new (part.x.constructor as typeof Uint8Array | typeof Float32Array)(part.rows * columns.length);
  for (let row = 0; row < part.rows; row++) {
    for (const [at, column] of columns.entries()) x[row * columns.length + at] = part.x[row * features + column]!;
  }
  return like(part, x, [columns.length]);
}

/** A data set of rows `x`, with the classes of `part`, and with its shape, targets and scale unless others are given. */
export function like(part: Dataset, x: Dataset['x'], shape: readonly number[] = part.shape, y: Dataset['y'] = part.y, scale: number = part.scale): Promise<Dataset> {
  const { targets } = part;
  return Dataset.from({ x, shape, scale, ...(y && { y }), ...(targets.type === 'labels' && { classes: targets.classes }) });
}
