/** Reads and compiles a module, and makes its memory. */
import { unlessEnded, type EndSignal } from '../ending.ts';
import { CambiumError } from '../errors.ts';
import { checkModule } from './build.ts';
import { withDeadline } from './deadline.ts';
import { afterBody, afterBytes, afterFetch, afterRead, afterStatus, DOWNLOAD_LIMIT_MS, text, tooLate, withoutAddress } from './load-failure.ts';
import { addressOf, isFolder, LEAST_MAX_MEMORY, sourceKind } from './options.ts';
import { readFile } from './platform.ts';
import type { InitOptions, ModuleName } from './start-options.ts';

const PAGE = 65536;
/** 4 MiB; the modules are linked to start with 2 MiB, and wasm-bindgen adds a page for threads. */
const INITIAL_PAGES = 64;

/** A module, and in words where it came from. */
interface Loaded {
  module: WebAssembly.Module;
  origin: string;
}

/** Where the packaged module lies. The literal paths let bundlers find the files. */
function packagedUrl(name: ModuleName): URL {
  if (!import.meta.url) throw withoutAddress();
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
 * The compiled module `name`: from `source` where given, else the packaged one. The end of `given` ends a download, and the
 * wait for a `Response`.
 *
 * @throws CambiumError `LOAD_FAILED` with the address, the status and the content type of the answer, and what to do; also
 * for another module than `name`, and one of another build than this JavaScript.
 */
export async function compile(name: ModuleName, source: InitOptions['wasm'], given: EndSignal): Promise<WebAssembly.Module> {
  const { module, origin } = await load(name, source, given);
  checkModule(module, name, origin);
  return module;
}

function load(name: ModuleName, source: InitOptions['wasm'], given: EndSignal): Promise<Loaded> | Loaded {
  switch (sourceKind(source)) {
    case 'module':
      return { module: source as WebAssembly.Module, origin: 'init option wasm' };
    case 'bytes':
      return compileBytes(bytesOf(source as ArrayBuffer | Uint8Array<ArrayBuffer>), name, 'init option wasm');
    case 'response':
      return fromResponse(source as Response, name, given);
    default:
      return fromUrl(source === undefined ? packagedUrl(name) : inFolder(addressOf(source as URL | string), name), name, given);
  }
}

function inFolder(url: URL, name: ModuleName): URL {
  return isFolder(url) ? new URL(`${name}.wasm`, url) : url;
}

async function fromUrl(url: URL, name: ModuleName, given: EndSignal): Promise<Loaded> {
  const bytes = await readFile(url).catch((cause: unknown) => {
    throw afterRead(url, name, cause);
  });
  return bytes ? compileBytes(bytes, name, url.href) : download(url, name, given);
}

async function download(url: URL, name: ModuleName, given: EndSignal): Promise<Loaded> {
  const control = new AbortController();
  const answering = fetch(url, { signal: control.signal }).then(
    (response) => compileResponse(response, name),
    (cause: unknown) => {
      throw afterFetch(url, cause);
    },
  );
  // Nobody waits any longer: what has not come by now is not to come.
  return withDeadline(unlessEnded(answering, given), DOWNLOAD_LIMIT_MS, () => tooLate(url.href)).finally(() => control.abort());
}

/** A body can be read once, but a new engine after the first died needs its module again. */
const compiled = new WeakMap<Response, Promise<Loaded>>();

function fromResponse(response: Response, name: ModuleName, given: EndSignal): Promise<Loaded> {
  const late = (): CambiumError => tooLate(`${response.url || 'init option wasm'}: the body of the Response`);
  const known = compiled.get(response) ?? compileResponse(response, name);
  compiled.set(response, known);
  return withDeadline(unlessEnded(known, given), DOWNLOAD_LIMIT_MS, late);
}

async function compileResponse(response: Response, name: ModuleName): Promise<Loaded> {
  const { status, statusText, headers, url } = response;
  const origin = `${url || 'init option wasm'} (status ${[status, statusText].join(' ').trim()}, content type ${headers.get('content-type') ?? 'none'})`;
  if (!response.ok) throw afterStatus(origin, name);
  // Not compiled while it streams: that takes the right content type, and the bytes tell what came instead.
  const bytes = await response.arrayBuffer().catch((cause: unknown) => {
    throw afterBody(origin, cause);
  });
  const announced = headers.get('content-encoding') === null ? headers.get('content-length') : null;
  return compileBytes(new Uint8Array(bytes), name, origin, announced === null ? undefined : Number(announced));
}

async function compileBytes(bytes: Uint8Array<ArrayBuffer>, name: ModuleName, origin: string, announced?: number): Promise<Loaded> {
  try {
    return { module: await WebAssembly.compile(bytes), origin };
  } catch (cause) {
    throw afterBytes(origin, bytes, name, cause, announced);
  }
}

function bytesOf(source: ArrayBuffer | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(source) ? source : new Uint8Array(source);
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
