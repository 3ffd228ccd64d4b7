import { show, size } from '../check.ts';
import { CambiumError } from '../errors.ts';

/** Numbers with their shape, the last index running fastest. */
export interface Tensor {
  /** Sizes, outermost first; `[]` is a single number. */
  shape: number[];
  /** `product(shape)` numbers. */
  data: Float32Array | Uint32Array | Int32Array | Uint8Array;
}

/** What a safetensors file holds. */
export interface TensorFile {
  /** The tensors by name. */
  tensors: Record<string, Tensor>;
  /** Free text by name. */
  metadata: Record<string, string>;
}

const types = { F32: Float32Array, U32: Uint32Array, I32: Int32Array, U8: Uint8Array } as const;
type TypeName = keyof typeof types;

function broken(why: string, cause?: unknown): CambiumError {
  return new CambiumError('STATE', `not a sound safetensors file: ${why}`, { cause });
}

function parseHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (!(bytes instanceof Uint8Array)) throw broken(`expected a Uint8Array, not ${show(bytes)}`);
  if (bytes.length < 8) throw broken(`${bytes.length} bytes, at least 8 are needed`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) throw broken(`the header claims ${length} bytes, but ${bytes.length - 8} follow`);
  try {
    // A copy, because views of shared memory cannot be decoded.
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice(8, 8 + length)));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) {
      return { header: header as Record<string, unknown>, start: 8 + length };
    }
  } catch (cause) {
    throw broken('the header is not JSON', cause);
  }
  throw broken('the header is not a JSON object');
}

function parseTensor(name: string, entry: unknown, body: Uint8Array): Tensor & { begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(types, dtype)) {
    throw broken(`tensor '${name}' has type ${show(dtype)}; known are ${Object.keys(types).join(', ')}`);
  }
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) throw broken(`tensor '${name}' has shape ${show(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isSize(begin) || !isSize(end) || begin > end || end > body.length) {
    throw broken(`tensor '${name}' has offsets ${show(offsets)}, but there are ${body.length} bytes`);
  }
  const Type = types[dtype as TypeName];
  if (end - begin !== size(shape) * Type.BYTES_PER_ELEMENT) {
    throw broken(`tensor '${name}' of shape [${shape.join(', ')}] and type ${dtype} cannot have ${end - begin} bytes`);
  }
  // A copy, because the offset need not be aligned.
  return { shape, data: new Type(body.slice(begin, end).buffer as ArrayBuffer), begin, end };
}

/**
 * Reads a safetensors file: 8 bytes length of the header (little endian), the header as JSON, the numbers.
 * Types F32, U32, I32 and U8.
 *
 * @throws CambiumError `STATE`: truncated, overlapping or gapped contents, unknown types, a header that is not JSON
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array): TensorFile {
  const { header, start } = parseHeader(bytes);
  const body = bytes.subarray(start);
  const metadata: Record<string, string> = {};
  const tensors: Record<string, Tensor> = {};
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries((entry ?? {}) as Record<string, unknown>)) {
        if (typeof text !== 'string') throw broken(`metadata '${key}' is ${show(text)}, not text`);
        metadata[key] = text;
      }
      continue;
    }
    const { shape, data, begin, end } = parseTensor(name, entry, body);
    tensors[name] = { shape, data };
    spans.push({ name, begin, end });
  }
  let expected = 0;
  for (const { name, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) throw broken(`tensor '${name}' begins at byte ${begin}, not at ${expected}`);
    expected = end;
  }
  if (expected !== body.length) throw broken(`${body.length - expected} bytes belong to no tensor`);
  return { tensors, metadata };
}

/**
 * Writes a safetensors file: tensors in the order of their names, so that equal contents give equal bytes.
 *
 * @throws CambiumError `STATE` if a tensor has not as many numbers as its shape says, or is of another type
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new CambiumError('STATE', `tensors must be an object of { shape, data } by name, not ${show(tensors)}`);
  }
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
  const names = Object.keys(tensors).sort();
  let end = 0;
  for (const name of names) {
    const { shape, data }: Partial<Tensor> = tensors[name] ?? {};
    const type = (Object.keys(types) as TypeName[]).find((key) => data instanceof types[key]);
    if (data === undefined || type === undefined)
      throw new CambiumError('STATE', `tensor '${name}' must be a Float32Array, Uint32Array, Int32Array or Uint8Array`);
    if (!Array.isArray(shape) || data.length !== size(shape)) {
      throw new CambiumError('STATE', `tensor '${name}' has ${data.length} numbers, but its shape is ${show(shape)}`);
    }
    header[name] = { dtype: type, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces at the end keep the numbers aligned to 8 bytes.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  let at = 8 + length;
  for (const name of names) {
    const { data } = tensors[name]!;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
