/** Reads and compiles a module, and makes its memory. */
import { CambiumError } from '../errors.ts';
import { LEAST_MAX_MEMORY } from './options.ts';
import { readFile } from './platform.ts';
import type { InitOptions, ModuleName } from './protocol.ts';

const PAGE = 65536;
/** 4 MiB; the modules are linked to start with 2 MiB, and wasm-bindgen adds a page for threads. */
const INITIAL_PAGES = 64;

/** Where the packaged module lies. The literal paths let bundlers find the files. */
function packagedUrl(name: ModuleName): URL {
  switch (name) {
    case 'simd128':
      return new URL('../../wasm/simd128.wasm', import.meta.url);
    case 'simd128-threads':
      return new URL('../../wasm/simd128-threads.wasm', import.meta.url);
    case 'relaxed':
      return new URL('../../wasm/relaxed.wasm', import.meta.url);
    case 'relaxed-threads':
      return new URL('../../wasm/relaxed-threads.wasm', import.meta.url);
  }
}

/**
 * The compiled module: `source` where given, else the packaged one.
 *
 * @throws CambiumError `LOAD_FAILED` with the address, and the status and content type of the answer.
 */
export async function compile(name: ModuleName, source: InitOptions['wasm']): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) return compileBytes(source as BufferSource, 'the bytes given as init option wasm');
  const url = source === undefined ? packagedUrl(name) : new URL(source, import.meta.url);
  const bytes = await readFile(url).catch((cause: unknown) => {
    throw new CambiumError('LOAD_FAILED', `${url.href} could not be read: ${text(cause)}`, { cause });
  });
  if (bytes) return compileBytes(bytes, url.href);
  const response = await download(url);
  return compileBytes(await response.arrayBuffer(), `${url.href} (answered ${answer(response)})`);
}

async function download(url: URL): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new CambiumError('LOAD_FAILED', `${url.href} could not be fetched: ${text(cause)}`, { cause });
  });
  if (response.ok) return response;
  throw new CambiumError('LOAD_FAILED', `${url.href}: the server answered ${answer(response)}`);
}

function answer(response: Response): string {
  return `${response.status} ${response.statusText} (content type ${response.headers.get('content-type') ?? 'none'})`;
}

async function compileBytes(bytes: BufferSource, name: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new CambiumError('LOAD_FAILED', `${name}: ${bytes.byteLength} bytes that do not compile: ${text(cause)}`, { cause });
  }
}

/**
 * Memory that can grow to `maximum` bytes, or to the largest half, quarter, ... of it that can be reserved: some
 * engines take the whole of a shared memory at once.
 *
 * @throws CambiumError `OUT_OF_MEMORY` where not even 16 MiB can be had.
 */
export function reserveMemory(maximum: number, shared: boolean): { memory: WebAssembly.Memory; bytes: number } {
  let cause: unknown;
  for (let bytes = maximum; bytes >= LEAST_MAX_MEMORY; bytes /= 2) {
    try {
      const pages = Math.floor(bytes / PAGE);
      return { memory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: pages, shared }), bytes: pages * PAGE };
    } catch (error) {
      cause = error;
    }
  }
  throw new CambiumError('OUT_OF_MEMORY', `no ${LEAST_MAX_MEMORY} bytes of WebAssembly memory can be reserved: ${text(cause)}`, { cause });
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
