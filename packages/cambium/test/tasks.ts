import { CambiumError, Dataset, DynamicDense, DynamicModel, type ErrorCode, type ModelOptions } from 'cambium';
import { expect } from 'vitest';

/** Numbers between -1 and 1, the same each time. */
export function noise(n: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

/** Points of the plane with the quadrant as their class: no linear map can tell all four outputs apart well. */
export async function quadrants(rows = 120, seed = 1): Promise<Dataset> {
  const x = noise(2 * rows, seed);
  const y = Array.from({ length: rows }, (_, i) => (x[2 * i]! > 0 ? 1 : 0) + (x[2 * i + 1]! > 0 ? 2 : 0));
  return Dataset.from({ x, shape: [2], y, classes: 4 });
}

/** A small dense network for `quadrants`. */
export function smallModel(options: Partial<ModelOptions> = {}): Promise<DynamicModel> {
  const layers = [
    new DynamicDense({ units: 4 }),
    new DynamicDense({ units: 3, activation: 'tanh' }),
    new DynamicDense({ units: 4 }),
  ];
  return DynamicModel.create({ input: [2], layers, seed: 3, ...options });
}

/** The built package's `CambiumError` in which `act` ends. */
export async function errorOf(act: PromiseLike<unknown>): Promise<CambiumError> {
  const error: unknown = await act.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(CambiumError);
  return error as CambiumError;
}

/** Runs `act` and expects the built package's `CambiumError` of `code` whose message matches; gives the message. */
export async function expectRefusal(act: () => unknown, code: ErrorCode, message: RegExp): Promise<string> {
  const { message: text, code: found } = await errorOf(Promise.resolve().then(act));
  expect(text).toMatch(message);
  expect(found).toBe(code);
  return text;
}
