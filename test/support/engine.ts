/** What several tests across packages need. */
import { CambiumError, engineInfo, init, type ErrorCode, type InitOptions, type ModuleName } from 'cambium';
import { expect } from 'vitest';

/** Options that choose each module of the engine. */
export const variants: readonly (InitOptions & { module: ModuleName; threads: number })[] = [
  { module: 'simd128', numerics: 'portable', threads: 1 },
  { module: 'simd128-threads', numerics: 'portable', threads: 2 },
  { module: 'relaxed', numerics: 'fast', threads: 1 },
  { module: 'relaxed-threads', numerics: 'fast', threads: 2 },
];

/** Starts the engine with `options` and fails where another module or fewer threads started: no variant is left out in silence. */
export async function start(options: InitOptions & { module: ModuleName; threads: number }): Promise<void> {
  const { module, ...wanted } = options;
  await init(wanted);
  expect(engineInfo()).toMatchObject({ module, threads: options.threads });
}

/** Numbers from -1 to below 1, the same each time. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Expects `act` to end in a `CambiumError` of `code` whose message matches and tells nothing of the machine inside. */
export async function expectError(act: () => unknown, code: ErrorCode, message: RegExp): Promise<void> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (caught: unknown) => caught,
    );
  expect(error).toBeInstanceOf(CambiumError);
  const { code: found, message: text } = error as CambiumError;
  expect(text).toMatch(message);
  expect(text).not.toMatch(/unreachable|panicked|RuntimeError/);
  expect(found).toBe(code);
}

/** Whether two files are the same to the byte; compared at once, since element by element is slow for large ones. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
