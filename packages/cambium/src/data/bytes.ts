import { files } from '../builtin.ts';
import { show } from '../check.ts';
import { CambiumError } from '../errors.ts';

/** Whether `bytes` begin as a gzip file does. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** `bytes` without their gzip packing; others as they are. Throws `STATE` for a gzip file that is truncated or corrupt. */
export async function unpacked(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!(bytes instanceof Uint8Array)) {
    throw new CambiumError('OPTION', `${name} must be the contents of a file as a Uint8Array, not ${show(bytes)}`);
  }
  if (!isGzip(bytes)) return bytes;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new CambiumError('STATE', `${name} is a gzip file that is truncated or corrupt`, { cause });
  }
}

function isAddress(source: string | URL): boolean {
  return source instanceof URL ? source.protocol !== 'file:' : /^(https?|data|blob):/i.test(source);
}

/** Files may be large and connections slow, but some part of a file always comes sooner than this. */
const IDLE_LIMIT_MS = 45_000;

async function download(source: string | URL): Promise<Uint8Array> {
  const control = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(new Error(`nothing came for ${IDLE_LIMIT_MS / 1000} s`)), IDLE_LIMIT_MS);
  };
  wait();
  try {
    const response = await fetch(source, { signal: control.signal });
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      wait();
      parts.push(part.value);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The contents of a file (a path, or a `file:` URL) or of an address. On the Web, where there are no files, a path is an
 * address relative to the page.
 *
 * @throws CambiumError `LOAD_FAILED`
 */
export async function loadBytes(source: string | URL): Promise<Uint8Array> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new CambiumError('OPTION', `a file is named by a path or a URL, not ${show(source)}`);
  }
  try {
    const fs = isAddress(source) ? undefined : files();
    return fs ? new Uint8Array(await fs.readFile(source)) : await download(source);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CambiumError('LOAD_FAILED', `could not load ${String(source)}: ${why}`, { cause });
  }
}
