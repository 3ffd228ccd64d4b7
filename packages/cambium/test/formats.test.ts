import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../src/formats/index.ts';
import { expectError } from './errors.ts';

const tensors = {
  b: { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) },
  a: { shape: [3], data: Uint32Array.from([7, 8, 9]) },
  c: { shape: [], data: Float32Array.from([0.5]) },
  d: { shape: [0], data: new Uint8Array(0) },
};

/** A file with this header before these bytes. */
function file(header: unknown, body: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  it('reads what it writes, at any place in memory', () => {
    const bytes = writeSafetensors(tensors, { who: 'test' });
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    for (const copy of [bytes, shifted]) {
      const read = readSafetensors(copy);
      expect(read.metadata).toEqual({ who: 'test' });
      expect(read.tensors).toEqual(tensors);
    }
  });

  it('writes equal bytes whatever the order of the keys', () => {
    const { a, b, c, d } = tensors;
    expect(writeSafetensors({ d, c, b, a })).toEqual(writeSafetensors({ a, b, c, d }));
  });

  it('refuses tensors that do not fit their shape', async () => {
    await expectError(
      () => writeSafetensors({ a: { shape: [2], data: new Float32Array(3) } }),
      'STATE',
      /'a' has 3 numbers, but its shape is \[2\]/,
    );
    await expectError(
      () => writeSafetensors({ a: { shape: [2], data: [1, 2] as never } }),
      'STATE',
      /must be a Float32Array/,
    );
  });

  const one = (more: object) => ({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...more } });
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /0 bytes, at least 8/],
    ['a header longer than the file', Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 0]), /header claims/],
    ['a header that is not JSON', file('{', 0), /not JSON/],
    ['a header that is not an object', file('[]', 0), /not a JSON object/],
    ['text that is not UTF-8', Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 255]), /not JSON/],
    ['an unknown type', file(one({ dtype: 'F99' }), 4), /type 'F99'; known are F32/],
    ['a type from the prototype', file(one({ dtype: 'constructor' }), 4), /type 'constructor'/],
    ['a negative size', file(one({ shape: [-1] }), 4), /shape \[-1\]/],
    ['no offsets', file(one({ data_offsets: null }), 4), /offsets null/],
    [
      'offsets beyond the end',
      file(one({ data_offsets: [0, 8], shape: [2] }), 4),
      /offsets \[0, 8\], but there are 4 bytes/,
    ],
    ['offsets in the wrong order', file(one({ data_offsets: [4, 0] }), 4), /offsets \[4, 0\]/],
    ['a size that does not fit', file(one({ shape: [2] }), 4), /cannot have 4 bytes/],
    ['a size that overflows', file(one({ shape: [2 ** 40, 2 ** 40] }), 4), /cannot have 4 bytes/],
    [
      'overlapping tensors',
      file({ ...one({}), b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4),
      /'b' begins at byte 0, not at 4/,
    ],
    ['bytes left over', file(one({}), 8), /4 bytes belong to no tensor/],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }, 0), /metadata 'a' is 1/],
    ['something else', 'x' as never, /expected a Uint8Array/],
  ])('refuses %s', async (_, bytes, message) => {
    await expectError(() => readSafetensors(bytes), 'STATE', message);
  });

  it('refuses every truncation with a clear error', async () => {
    const bytes = writeSafetensors(tensors);
    for (let end = 0; end < bytes.length; end++)
      await expectError(() => readSafetensors(bytes.slice(0, end)), 'STATE', /safetensors/);
  });
});
