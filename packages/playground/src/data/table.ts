import { FileError, type CsvRecord } from './csv.ts';
import { Random } from './random.ts';

/** What the last column holds. */
export type Target = { type: 'labels'; classNames: string[] } | { type: 'values'; mean: number; deviation: number };

/** Rows of one part. Features are standardised, and so are targets that are numbers. */
export interface Part {
  x: Float32Array;
  /** Labels, or numbers. */
  y: Uint32Array | Float32Array;
}

/** A table ready for training. */
export interface Table {
  rows: number;
  /** Names of the columns before the last one. */
  features: string[];
  /** Name of the last column. */
  targetName: string;
  target: Target;
  train: Part;
  valid: Part;
  /** Of each feature, over the training rows. A constant column has deviation 1. */
  means: number[];
  deviations: number[];
}

/** Fewer leave nothing to judge by: a fifth of them is held out. */
const LEAST_ROWS = 20;
/** More different whole numbers in the last column than this are values, not classes. */
const MOST_NUMBERED_CLASSES = 20;
const MOST_CLASSES = 200;
const VALID_SHARE = 0.2;

function numeric(cell: string): number {
  return cell === '' ? Number.NaN : Number(cell);
}

function isNumber(cell: string): boolean {
  return Number.isFinite(Math.fround(numeric(cell)));
}

function shown(cell: string): string {
  return cell === '' ? 'empty' : `"${cell.length > 30 ? `${cell.slice(0, 30)}…` : cell}"`;
}

/** Throws unless all records have as many cells as the first, and numbers before the last one. */
function checkCells(records: readonly CsvRecord[], first: CsvRecord, names: readonly string[]): void {
  const width = first.cells.length;
  for (const { line, cells } of records) {
    if (cells.length !== width) throw new FileError(`Line ${line} has ${cells.length} columns, but line ${first.line} has ${width}.`);
    const bad = cells.findIndex((cell, column) => (column < width - 1 ? !isNumber(cell) : cell === ''));
    if (bad < 0) continue;
    const needed = bad < width - 1 ? 'features must be numbers (of 32 bits)' : 'every row needs a label or a number';
    throw new FileError(`Line ${line}, column ${bad + 1} (${names[bad]}) is ${shown(cells[bad]!)}: ${needed}.`);
  }
}

function readTarget(cells: readonly string[], name: string): { target: Target; y: Uint32Array | Float32Array } {
  const numbers = cells.every(isNumber);
  const classNames = [...new Set(cells)].sort((a, b) => (numbers ? Number(a) - Number(b) : a < b ? -1 : 1));
  const whole = numbers && cells.every((cell) => Number.isInteger(Number(cell)));
  if (numbers && !(whole && classNames.length <= MOST_NUMBERED_CLASSES)) {
    return { target: { type: 'values', mean: 0, deviation: 1 }, y: Float32Array.from(cells, Number) };
  }
  if (classNames.length < 2) throw new FileError(`The last column (${name}) is ${shown(classNames[0]!)} in every row: there is nothing to learn.`);
  if (classNames.length > MOST_CLASSES) {
    throw new FileError(`The last column (${name}) has ${classNames.length} different texts; at most ${MOST_CLASSES} classes can be learnt.`);
  }
  const index = new Map(classNames.map((className, i) => [className, i]));
  return { target: { type: 'labels', classNames }, y: Uint32Array.from(cells, (cell) => index.get(cell)!) };
}

/** Mean and deviation of every `stride`-th number from `offset` on. */
function moments(data: Float32Array, offset: number, stride: number): { mean: number; deviation: number } {
  const count = data.length / stride;
  let [sum, squares] = [0, 0];
  for (let i = offset; i < data.length; i += stride) sum += data[i]!;
  const mean = sum / count;
  for (let i = offset; i < data.length; i += stride) squares += (data[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : 1 };
}

function standardise(data: Float32Array, offset: number, stride: number, { mean, deviation }: { mean: number; deviation: number }): void {
  for (let i = offset; i < data.length; i += stride) data[i] = (data[i]! - mean) / deviation;
}

/** The rows `order` of all records. */
function gather(records: readonly CsvRecord[], y: Uint32Array | Float32Array, order: Uint32Array): Part {
  const width = records[0]!.cells.length - 1;
  const part = { x: new Float32Array(order.length * width), y: new (y.constructor as Float32ArrayConstructor)(order.length) };
  order.forEach((row, i) => {
    for (let column = 0; column < width; column++) part.x[i * width + column] = numeric(records[row]!.cells[column]!);
    part.y[i] = y[row]!;
  });
  return part;
}

/**
 * A table from records: a header is one line whose features are not all numbers; the last column is the target. Whole
 * numbers of at most 20 kinds are classes, as text is; other numbers are values. A fifth of the rows is held out.
 *
 * @throws FileError with the line and column
 */
export function toTable(records: readonly CsvRecord[], seed: number): Table {
  const first = records[0]!;
  const width = first.cells.length;
  const hasHeader = !first.cells.slice(0, -1).every(isNumber);
  const names = first.cells.map((cell, column) => (hasHeader && cell !== '' ? cell : `column ${column + 1}`));
  const rows = hasHeader ? records.slice(1) : records;
  checkCells(rows, first, names);
  if (rows.length < LEAST_ROWS) throw new FileError(`The file has ${rows.length} rows of data; at least ${LEAST_ROWS} are needed.`);
  const { target, y } = readTarget(rows.map((record) => record.cells[width - 1]!), names[width - 1]!);
  const order = new Random(seed).shuffled(rows.length);
  const held = Math.round(VALID_SHARE * rows.length);
  const [train, valid] = [gather(rows, y, order.subarray(held)), gather(rows, y, order.subarray(0, held))];
  const features = Array.from({ length: width - 1 }, (_, column) => moments(train.x, column, width - 1));
  for (const part of [train, valid]) features.forEach((found, column) => standardise(part.x, column, width - 1, found));
  if (target.type === 'values') {
    Object.assign(target, moments(train.y as Float32Array, 0, 1));
    for (const part of [train, valid]) standardise(part.y as Float32Array, 0, 1, target);
  }
  return {
    ...{ rows: rows.length, features: names.slice(0, -1), targetName: names[width - 1]!, target, train, valid },
    means: features.map((found) => found.mean),
    deviations: features.map((found) => found.deviation),
  };
}
