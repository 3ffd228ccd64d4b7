/** Errors of loading: what came, from where, and what to do about it. */
import { CambiumError } from '../errors.ts';
import type { ModuleName } from './start-options.ts';

/**
 * A module has 0.7 MB: this is enough for a connection of 128 kbit/s. Less than the limit for a whole start, so that its
 * message names the address.
 */
export const DOWNLOAD_LIMIT_MS = 45_000;

const POLICY = /content.security.policy|\bCSP\b|unsafe-eval/i;
const ALLOW_WASM =
  "The Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src, for example: Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'";

/** `fetch` itself failed: no answer came, or the page may not see it. */
export function afterFetch(url: URL, cause: unknown): CambiumError {
  return failure(`${url.href} could not be fetched: ${sentence(cause)} ${fetchHint(url)}`, cause);
}

/** A file did not come within {@link DOWNLOAD_LIMIT_MS}. */
export function tooLate(file: string): CambiumError {
  return failure(`${file} was not there after ${DOWNLOAD_LIMIT_MS / 1000} s: the server does not answer, or sends too slowly`);
}

/** A file could not be read. */
export function afterRead(url: URL, name: ModuleName, cause: unknown): CambiumError {
  const absent = (cause as { code?: unknown } | undefined)?.code === 'ENOENT';
  const mend = ` The file cambium/wasm/${name}.wasm of the package must lie there. In a bundled program leave cambium external, import from cambium/inline, or say where the file lies: init({ wasm: URL }).`;
  return failure(`${url.href} could not be read: ${absent ? sentence(cause) + mend : text(cause)}`, cause);
}

/** The JavaScript part of a module, `file`, could not be imported; the cause names its address. */
export function afterImport(file: string, cause: unknown): CambiumError {
  return failure(`${sentence(cause)} ${serveScript(`wasm/${file}`)}`, cause);
}

/** The body of an answer broke off. */
export function afterBody(origin: string, cause: unknown): CambiumError {
  return failure(`${origin}: the answer broke off: ${sentence(cause)} Load the page again; if that does not help, the server ends the transfer too early.`, cause);
}

/** The server refused. */
export function afterStatus(origin: string, name: ModuleName): CambiumError {
  return failure(`${origin}. ${serve(name)}`);
}

/** Bytes that are not a whole module: `cause` is what the compiler said, `expected` the length that was announced. */
export function afterBytes(origin: string, bytes: Uint8Array, name: ModuleName, cause: unknown, expected?: number): CambiumError {
  if (POLICY.test(text(cause))) return afterCompile(origin, cause);
  if (isHtml(bytes)) {
    return failure(`${origin}: an HTML page came instead of the module, as from the fallback of a single-page app for addresses it does not know. ${serve(name)}`, cause);
  }
  const announced = expected === undefined || expected === bytes.length ? '' : ` of ${expected} announced`;
  const found = `${origin}: ${bytes.length} bytes${announced}`;
  if (!isWasm(bytes)) return failure(`${found} that are no WebAssembly module (the first are: ${hex(bytes)}). ${serve(name)}`, cause);
  return failure(`${found} that begin as a WebAssembly module but do not compile: ${sentence(cause)} The file is cut off or damaged: copy cambium/wasm/${name}.wasm anew, as binary.`, cause);
}

/** The compiler or the start of a compiled module refused. */
export function afterCompile(origin: string, cause: unknown): CambiumError {
  return failure(`${origin}: ${sentence(cause)}${POLICY.test(text(cause)) ? ` ${ALLOW_WASM}` : ''}`, cause);
}

/** No import.meta.url: the code was bundled into a classic script. */
export function withoutAddress(): CambiumError {
  return failure(
    "this script does not know its own address (import.meta.url is empty), so it cannot find the module and the workers: bundle as an ES module, import from cambium/inline, or give the module's bytes and one thread: init({ wasm, threads: 1, host: 'inline' })",
  );
}

function serve(name: ModuleName): string {
  return `The file cambium/wasm/${name}.wasm of the package must be served there; or say where it lies: init({ wasm: URL }). The package's README has what bundlers need.`;
}

/** What to do where a script of the package does not come. */
export function serveScript(file: string): string {
  return `The file cambium/${file} of the package must be served there, as text/javascript. The package's README has what bundlers need.`;
}

function fetchHint(url: URL): string {
  if (url.protocol === 'file:') return 'A page opened as a file may not fetch others: serve it over HTTP.';
  return 'The server cannot be reached, or the page may not ask it: look at connect-src in its Content-Security-Policy, and for another origin at CORS.';
}

function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

function isHtml(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*<(!doctype html|html|head|!--)/i.test(new TextDecoder().decode(bytes.slice(0, 100)));
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'none';
}

function failure(message: string, cause?: unknown): CambiumError {
  return new CambiumError('LOAD_FAILED', message, { cause });
}

/** The cause with a full stop at its end. */
export function sentence(cause: unknown): string {
  return text(cause).replace(/\.?$/, '.');
}

/** What the cause says. */
export function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
