import { show, size } from './check.ts';
import { CambiumError } from './errors.ts';

/** An array of numbers: typed (not of big integers) or plain. */
export type NumberArray =
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array
  | readonly number[];

/** Arrays within arrays, up to rows x height x width x channels; the innermost may be typed. */
export type NestedArray =
  readonly NumberArray[] | readonly (readonly NumberArray[])[] | readonly (readonly (readonly NumberArray[])[])[];

/** Whether `value` is a typed array of numbers. */
export function isTyped(value: unknown): value is Exclude<NumberArray, readonly number[]> {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof BigInt64Array) &&
    !(value instanceof BigUint64Array)
  );
}

/** Whether `value` is an array whose first element is itself an array. */
export function isNested(value: unknown): value is NestedArray {
  return Array.isArray(value) && value.length > 0 && (Array.isArray(value[0]) || ArrayBuffer.isView(value[0]));
}

/** A nested array as one flat array with its shape (rows first). Throws `SHAPE` if it is ragged. */
export function flatten(nested: NestedArray, name: string): { data: Float64Array; shape: number[] } {
  const shape: number[] = [];
  for (let part: unknown = nested; Array.isArray(part) || isTyped(part); part = part[0]) {
    shape.push(part.length);
    if (part.length === 0) throw new CambiumError('SHAPE', `${name}${'[0]'.repeat(shape.length - 1)} is empty`);
  }
  const data = new Float64Array(size(shape));
  let end = 0;
  const copy = (part: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (typeof part !== 'number') throw new CambiumError('SHAPE', `${path} must be a number, not ${show(part)}`);
      data[end++] = part;
      return;
    }
    const length = Array.isArray(part) || isTyped(part) ? part.length : undefined;
    if (length !== shape[depth]) {
      const first = name + '[0]'.repeat(depth);
      throw new CambiumError(
        'SHAPE',
        `${path} has ${length ?? 'no'} elements, but ${first} has ${shape[depth]}: all must be as long`,
      );
    }
    const items = part as readonly unknown[];
    for (let i = 0; i < items.length; i++) copy(items[i], depth + 1, `${path}[${i}]`);
  };
  copy(nested, 0, name);
  return { data, shape };
}

/** `row 3, column 5`, or `row 3, index [0, 5, 1]` for rows that are images. */
export function place(index: number, shape: readonly number[]): string {
  const length = size(shape);
  const row = Math.floor(index / length);
  let rest = index % length;
  if (shape.length === 1) return `row ${row}, column ${rest}`;
  const indices = [...shape].reverse().map((n) => {
    const i = rest % n;
    rest = Math.floor(rest / n);
    return i;
  });
  return `row ${row}, index [${indices.reverse().join(', ')}]`;
}

/** `data` as bytes where it has bytes, else as 32-bit floats. Throws `NOT_FINITE` or `SHAPE` with the place of the first bad element. */
export function toFloats(data: NumberArray, shape: readonly number[], name: string): Uint8Array | Float32Array {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) {
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  if (Array.isArray(data)) {
    for (let i = 0; i < data.length; i++) {
      const value: unknown = data[i];
      if (typeof value !== 'number')
        throw new CambiumError('SHAPE', `${name} at ${place(i, shape)} must be a number, not ${show(value)}`);
    }
  }
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  for (let i = 0; i < floats.length; i++) {
    if (Number.isFinite(floats[i])) continue;
    const value = data[i]!;
    const why = Number.isFinite(value) ? 'is too large for a 32-bit float' : 'is not finite';
    throw new CambiumError('NOT_FINITE', `${name} at ${place(i, shape)} is ${value}, which ${why}`);
  }
  return floats;
}
