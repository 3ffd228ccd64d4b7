/** Checks of `InitOptions`. */
import { checkInteger, checkOneOf, checkOptions } from '../check.ts';
import { CambiumError } from '../errors.ts';
import type { InitOptions } from './start-options.ts';

/** 2 GiB: most models need far less; engines that reserve the whole of it at once are offered less in turn. */
export const DEFAULT_MAX_MEMORY: number = 2 ** 31;
/** 16 MiB: below this not even a small data set fits beside the engine. */
export const LEAST_MAX_MEMORY: number = 2 ** 24;
const MOST_MAX_MEMORY = 2 ** 32;
const MOST_THREADS = 256;
const NAMES = ['wasm', 'threads', 'numerics', 'host', 'maxMemory'];

/** @throws CambiumError `OPTION` that names the option, its value and what would be right. */
export function checkInitOptions(options: InitOptions): void {
  checkOptions(options, NAMES, 'init');
  const { wasm, threads, numerics, host, maxMemory } = options;
  checkSource(wasm);
  if (threads !== undefined) checkInteger(threads, 'init option threads', 1, MOST_THREADS);
  if (maxMemory !== undefined) checkInteger(maxMemory, 'init option maxMemory', LEAST_MAX_MEMORY, MOST_MAX_MEMORY);
  if (numerics !== undefined) checkOneOf(numerics, ['fast', 'portable'], 'init option numerics');
  if (host !== undefined) checkOneOf(host, ['worker', 'inline'], 'init option host');
}

/** What init option `wasm` is, or undefined for anything it may not be. By tag, since objects of another realm are as good. */
export function sourceKind(wasm: unknown): 'url' | 'bytes' | 'response' | 'module' | undefined {
  if (typeof wasm === 'string') return 'url';
  switch (tag(wasm)) {
    case 'URL':
      return 'url';
    case 'ArrayBuffer':
    case 'Uint8Array':
      return 'bytes';
    case 'Response':
      return 'response';
    case 'WebAssembly.Module':
      return 'module';
    default:
      return undefined;
  }
}

/**
 * The address in init option `wasm`: a relative one is relative to the page.
 *
 * @throws CambiumError `OPTION` when it is none.
 */
export function addressOf(source: URL | string): URL {
  const page = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  try {
    return new URL(source, page);
  } catch {
    return reject(JSON.stringify(source), page ? 'this is not a URL' : 'without a page a whole URL is needed (for a file see pathToFileURL in node:url)');
  }
}

/** Whether init option `wasm` can give one module only: it is neither absent nor a folder of all. */
export function isOneModule(wasm: InitOptions['wasm']): boolean {
  if (wasm === undefined) return false;
  return sourceKind(wasm) !== 'url' || !isFolder(addressOf(wasm as URL | string));
}

/** An address that ends with a slash is a folder of all modules. */
export function isFolder(url: URL): boolean {
  return url.pathname.endsWith('/');
}

function checkSource(wasm: InitOptions['wasm']): void {
  if (wasm === undefined) return;
  const kind = sourceKind(wasm);
  if (kind === undefined) reject(tag(wasm), 'a URL, a Response, bytes (ArrayBuffer or Uint8Array) or a compiled module is needed');
  if (kind === 'url') addressOf(wasm as URL | string);
  if (kind === 'bytes' && (wasm as Uint8Array).byteLength === 0) reject('0 bytes', 'the bytes of a module are needed');
  if (kind === 'response' && (wasm as Response).bodyUsed) reject('a Response that was read already', 'a fresh one is needed, or its bytes');
}

function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function reject(value: string, right: string): never {
  throw new CambiumError('OPTION', `init option wasm: ${value}; ${right}`);
}
