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
    if (!fs) {
      const response = await fetch(source);
      if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    }
    return new Uint8Array(await fs.readFile(source));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CambiumError('LOAD_FAILED', `could not load ${String(source)}: ${why}`, { cause });
  }
}
