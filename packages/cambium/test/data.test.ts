import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { digits, loadCifar10, loadIdx, readCifar10, readIdx } from '../src/data/index.ts';
import { ModelCheckpoint } from '../src/callbacks.ts';
import { Dataset } from '../src/dataset.ts';
import { expectError } from './errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cambium-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An IDX file. */
function idx(type: number, shape: number[], body: ArrayLike<number>): Uint8Array {
  const sizes = shape.flatMap((n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...Array.from(body)]);
}

describe('digits', () => {
  it('is the UCI data set', async () => {
    const { x, y, shape, classes } = await digits();
    expect([x.length, y.length, shape, classes]).toEqual([1797 * 64, 1797, [64], 10]);
    expect([...x.subarray(0, 16)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
    expect([...y.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const counts = Array.from({ length: 10 }, (_, label) => y.filter((other) => other === label).length);
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(x.reduce((sum, n) => sum + n, 0)).toBe(561718);
    expect(await Dataset.from(await digits())).toMatchObject({ rows: 1797, targets: { type: 'labels', classes: 10 } });
  });
});

describe('IDX', () => {
  it('reads bytes and wider numbers, packed or not', async () => {
    const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);
    const expected = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), shape: [2, 3] };
    expect(await readIdx(file)).toEqual(expected);
    expect(await readIdx(new Uint8Array(gzipSync(file)))).toEqual(expected);
    expect(await readIdx(idx(0x0b, [2], [0xff, 0xfe, 1, 0]))).toEqual({ data: Int16Array.from([-2, 256]), shape: [2] });
    expect(await readIdx(idx(0x0d, [1], [0x3f, 0x80, 0, 0]))).toEqual({ data: Float32Array.from([1]), shape: [1] });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /begins with nothing/],
    ['another magic', Uint8Array.from([1, 2, 3, 4]), /not an IDX file: it begins with 01 02 03 04/],
    ['an unknown type', idx(7, [1], [1]), /not an IDX file/],
    ['no sizes', Uint8Array.from([0, 0, 8, 0]), /not an IDX file/],
    ['a truncated header', Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 1]), /header needs 12 bytes, it has 8/],
    ['truncated numbers', idx(8, [4], [1, 2]), /is truncated: shape \[4\] makes 12 bytes, it has 10/],
    ['bytes left over', idx(8, [1], [1, 2]), /bytes left over/],
    ['sizes that overflow', idx(8, [0xffffffff, 0xffffffff], []), /truncated/],
    [
      'a truncated gzip',
      new Uint8Array(gzipSync(idx(8, [100], new Uint8Array(100)))).slice(0, 20),
      /gzip file that is truncated or corrupt/,
    ],
  ])('refuses %s', async (_, file, message) => {
    await expectError(() => readIdx(file), 'STATE', message);
  });

  it('loads images with their labels from paths and URLs', async () => {
    const [images, labels, few] = ['images.gz', 'labels', 'few'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(
      images,
      gzipSync(
        idx(
          8,
          [2, 2, 3],
          Uint8Array.from({ length: 12 }, (_, i) => i),
        ),
      ),
    );
    await writeFile(labels, idx(8, [2], [3, 1]));
    await writeFile(few, idx(8, [1], [3]));
    const rows = await loadIdx({ images, labels: pathToFileURL(labels) });
    expect(rows).toMatchObject({ shape: [2, 3, 1], classes: 4, scale: 1 / 255 });
    expect([...rows.y]).toEqual([3, 1]);
    expect(await Dataset.from(rows)).toMatchObject({ rows: 2 });
    await expectError(() => loadIdx({ images, labels: few }), 'SHAPE', /2 images need 2 labels/);
    await expectError(
      () => loadIdx({ images: labels, labels }),
      'SHAPE',
      /images are bytes of images x height x width/,
    );
    await expectError(() => loadIdx({ images: join(folder, 'none'), labels }), 'LOAD_FAILED', /could not load .*none/);
    await expectError(() => loadIdx({ images: 'data:text/plain,abc', labels }), 'STATE', /not an IDX file/);
  });
});

describe('CIFAR-10', () => {
  const record = (label: number) =>
    Uint8Array.from({ length: 3073 }, (_, i) =>
      i === 0 ? label : Math.floor((i - 1) / 1024) * 80 + (((i - 1) % 1024) % 80),
    );

  it('puts the three colours of a pixel side by side', async () => {
    const { x, y, shape } = await readCifar10([record(9), new Uint8Array(gzipSync(record(0)))]);
    expect(shape).toEqual([32, 32, 3]);
    expect([...y]).toEqual([9, 0]);
    expect([...x.subarray(0, 6)]).toEqual([0, 80, 160, 1, 81, 161]);
    expect(x.subarray(3072)).toEqual(x.subarray(0, 3072));
  });

  it('refuses other files', async () => {
    await expectError(
      () => readCifar10(record(9).slice(1)),
      'STATE',
      /3072 bytes are not a whole number of images of 3073 bytes/,
    );
    await expectError(() => readCifar10([record(9), record(10)]), 'STATE', /CIFAR-10 file 1: image 0 has label 10/);
    await expectError(() => readCifar10([]), 'OPTION', /at least one file/);
    await expectError(() => readCifar10([3 as never]), 'OPTION', /Uint8Array, not 3/);
    await expectError(() => loadCifar10(join(folder, 'none')), 'LOAD_FAILED', /could not load/);
  });

  it('takes a path for an address where there are no files', async () => {
    const builtins = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(record(7) as Uint8Array<ArrayBuffer>));
    try {
      expect([...(await loadCifar10('./batch.bin')).y]).toEqual([7]);
      expect(fetched).toHaveBeenCalledWith('./batch.bin', expect.anything());
      expect(() => new ModelCheckpoint('model.safetensors')).toThrow(/there are no files here; give a function in place of the path 'model\.safetensors'/);
    } finally {
      builtins.mockRestore();
      fetched.mockRestore();
    }
  });

  it.each(['answers', 'goes on'])('gives up on a server that never %s', async (what) => {
    const server = createServer((_, response) => {
      if (what === 'goes on') response.write('part of a file');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const asked = once(server, 'request');
      const failed = expectError(() => loadCifar10(`http://127.0.0.1:${(server.address() as AddressInfo).port}/batch.bin`), 'LOAD_FAILED', /could not load http:.*batch\.bin: nothing came for 45 s/);
      await asked;
      // The part that comes begins the time anew.
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(44_000);
      await vi.advanceTimersByTimeAsync(45_000);
      await failed;
    } finally {
      vi.useRealTimers();
      server.closeAllConnections();
      server.close();
    }
  });

  it('loads files', async () => {
    const path = join(folder, 'batch.bin');
    await writeFile(path, record(4));
    expect([...(await loadCifar10([path, path])).y]).toEqual([4, 4]);
  });
});
