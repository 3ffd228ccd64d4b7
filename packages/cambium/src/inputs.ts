import { flatten, isNested, isTyped, toFloats, type NestedArray, type NumberArray } from './arrays.ts';
import { checkInteger, checkShape, show, size } from './check.ts';
import { CambiumError } from './errors.ts';
import type { TargetSpec } from './runtime/protocol.ts';

/** Rows of numbers, one after the other. */
export interface RowBlock {
  /** `rows * size(shape)` numbers. */
  data: Uint8Array | Float32Array;
  /** Number of rows. */
  rows: number;
  /** Shape of one row. */
  shape: number[];
}

/** Targets of all rows. */
export interface TargetBlock {
  /** Labels (rows), values (rows x width), or nothing. */
  data: Uint32Array | Float32Array | null;
  /** What they are. */
  spec: TargetSpec;
}

/** How the targets were described. */
export interface TargetOptions {
  targets?: 'labels' | 'values' | undefined;
  classes?: number | undefined;
  classNames?: readonly string[] | undefined;
}

/** `x` as one block. `shape` is that of one row; nested arrays say it themselves. Throws `SHAPE`, `NOT_FINITE`. */
export function toRows(x: NumberArray | NestedArray, shape: readonly number[] | undefined, name = 'x'): RowBlock {
  if (!Array.isArray(x) && !isTyped(x)) {
    throw new CambiumError('SHAPE', `${name} must be a typed array of numbers (no big integers), an array or nested arrays, not ${show(x)}`);
  }
  if (x.length === 0) throw new CambiumError('SHAPE', `${name} is empty: at least one row is needed`);
  const nested = isNested(x) ? flatten(x, name) : undefined;
  if (shape === undefined && nested === undefined) {
    throw new CambiumError(
      'SHAPE',
      `${name} is flat: give the shape of one row, such as shape: [64] or shape: [32, 32, 3]`,
    );
  }
  const row = checkShape(shape === undefined ? nested!.shape.slice(1) : shape, 'shape');
  const flat = nested?.data ?? (x as NumberArray);
  const length = size(row);
  if (flat.length % length !== 0) {
    const says = `rows of shape [${row.join(', ')}] need a multiple of ${length}`;
    throw new CambiumError('SHAPE', `${name} has ${flat.length} numbers, but ${says}`);
  }
  const rows = flat.length / length;
  if (nested && nested.shape[0] !== rows) {
    const found = nested.shape.slice(1).join(', ');
    throw new CambiumError('SHAPE', `${name} has rows of shape [${found}], but shape says [${row.join(', ')}]`);
  }
  return { data: toFloats(flat, row, name), rows, shape: row };
}

function looksLikeLabels(y: NumberArray | NestedArray): boolean {
  if (isTyped(y)) return !(y instanceof Float32Array || y instanceof Float64Array);
  return !isNested(y) && (y as readonly number[]).every((label) => Number.isInteger(label) && label >= 0);
}

function toLabels(y: NumberArray | NestedArray, rows: number, options: TargetOptions): TargetBlock {
  if (isNested(y))
    throw new CambiumError(
      'SHAPE',
      "y is nested: labels are one whole number a row; for numbers give targets: 'values'",
    );
  if (y.length !== rows) throw new CambiumError('SHAPE', `y has ${y.length} labels for ${rows} rows of x`);
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const label: unknown = y[i];
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label > 0xffff_ffff) {
      const hint = "labels are whole numbers from 0; for numbers give targets: 'values'";
      throw new CambiumError('LABEL', `y[${i}] is ${show(label)}: ${hint}`);
    }
    largest = Math.max(largest, label);
  }
  const { classNames } = options;
  if (classNames !== undefined && !(Array.isArray(classNames) && classNames.every((name) => typeof name === 'string'))) {
    throw new CambiumError('OPTION', `classNames must be an array of texts, not ${show(classNames)}`);
  }
  const named = classNames?.length;
  if (named !== undefined && named < 2 && options.classes === undefined)
    throw new CambiumError('OPTION', `classNames has ${named} names; at least 2 are needed`);
  const classes =
    options.classes === undefined ? (named ?? Math.max(2, largest + 1)) : checkInteger(options.classes, 'classes', 2);
  if (named !== undefined && named !== classes) {
    throw new CambiumError('OPTION', `classNames has ${named} names for ${classes} classes`);
  }
  if (largest >= classes) {
    const row = Array.prototype.findIndex.call(y, (label: number) => label >= classes);
    throw new CambiumError('LABEL', `y[${row}] is ${y[row]}, outside the ${classes} classes (0 to ${classes - 1})`);
  }
  return { data: Uint32Array.from(y as ArrayLike<number>), spec: { type: 'labels', classes } };
}

function toValues(y: NumberArray | NestedArray, rows: number): TargetBlock {
  const nested = isNested(y) ? flatten(y, 'y') : undefined;
  const flat = nested?.data ?? (y as NumberArray);
  const counted = nested ? nested.shape[0]! : flat.length;
  if (nested ? counted !== rows : flat.length === 0 || flat.length % rows !== 0) {
    throw new CambiumError('SHAPE', `y has ${counted} ${nested ? 'rows' : 'values'} for ${rows} rows of x`);
  }
  const width = flat.length / rows;
  const floats = toFloats(flat, [width], 'y');
  return { data: floats instanceof Float32Array ? floats : Float32Array.from(floats), spec: { type: 'values', width } };
}

/** `y` as one block of labels or values. Throws `SHAPE`, `LABEL`, `NOT_FINITE`, `OPTION`. */
export function toTargets(y: NumberArray | NestedArray | undefined, rows: number, options: TargetOptions): TargetBlock {
  const { targets, classes, classNames } = options;
  const labelOptions = classes !== undefined ? 'classes' : classNames !== undefined ? 'classNames' : undefined;
  if (y === undefined) {
    const given = targets !== undefined ? 'targets' : labelOptions;
    if (given) throw new CambiumError('OPTION', `${given} was given without y`);
    return { data: null, spec: { type: 'none' } };
  }
  if (!Array.isArray(y) && !isTyped(y)) {
    throw new CambiumError('SHAPE', `y must be an array of labels or numbers, not ${show(y)}`);
  }
  const labels = targets === undefined ? labelOptions !== undefined || looksLikeLabels(y) : targets === 'labels';
  if (!labels && labelOptions)
    throw new CambiumError('OPTION', `${labelOptions} belongs to labels, but targets is 'values'`);
  return labels ? toLabels(y, rows, options) : toValues(y, rows);
}
