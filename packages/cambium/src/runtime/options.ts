/** Checks of `InitOptions`. */
import { CambiumError } from '../errors.ts';
import type { InitOptions } from './protocol.ts';

/** 2 GiB: most models need far less; engines that reserve the whole of it at once are offered less in turn. */
export const DEFAULT_MAX_MEMORY: number = 2 ** 31;
/** 16 MiB: below this not even a small data set fits beside the engine. */
export const LEAST_MAX_MEMORY: number = 2 ** 24;
const MOST_MAX_MEMORY = 2 ** 32;
const MOST_THREADS = 256;
const sources = [URL, ArrayBuffer, Uint8Array, WebAssembly.Module];
const NAMES = ['wasm', 'threads', 'numerics', 'host', 'maxMemory'];

/** @throws CambiumError `OPTION` that names the option, its value and what would be right. */
export function checkInitOptions(options: InitOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new CambiumError('OPTION', `init: the options must be an object, not ${String(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) reject(name, 'unknown', `known are ${NAMES.join(', ')}`);
  }
  const { wasm, threads, numerics, host, maxMemory } = options;
  if (wasm !== undefined && typeof wasm !== 'string' && !sources.some((source) => wasm instanceof source)) {
    reject('wasm', typeof wasm, 'a URL, bytes or a compiled module is needed');
  }
  checkInteger('threads', threads, 1, MOST_THREADS);
  checkInteger('maxMemory', maxMemory, LEAST_MAX_MEMORY, MOST_MAX_MEMORY);
  checkOneOf('numerics', numerics, ['fast', 'portable']);
  checkOneOf('host', host, ['worker', 'inline']);
}

function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  reject(name, String(value), `an integer from ${least} to ${most} is needed`);
}

function checkOneOf(name: string, value: unknown, allowed: string[]): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
  reject(name, String(value), `one of ${allowed.join(', ')} is needed`);
}

function reject(name: string, value: string, right: string): never {
  throw new CambiumError('OPTION', `init option ${name}: ${value}; ${right}`);
}
