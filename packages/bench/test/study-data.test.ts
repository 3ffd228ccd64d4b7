/** The study's data sets, from files as others write them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Dataset } from 'cambium';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { augmented } from '../src/study/data/augmented.ts';
import { available, open } from '../src/study/data/open.ts';
import { columnsOf } from '../src/study/data/source.ts';
import { mean } from '../src/statistics.ts';
import { subjects } from '../src/study/subjects.ts';

let folder: string;
let wheel: string;

/** An IDX file of bytes. */
function idx(shape: number[], data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  head.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => head.setUint32(4 + 4 * i, size));
  return Buffer.concat([Buffer.from(head.buffer), data]);
}

/** Images of 2x2 pixels, all of the value of their label. */
function images(name: string, labels: number[]): void {
  const pixels = Uint8Array.from(labels.flatMap((label) => [label, label, label, label]));
  writeFileSync(join(folder, `${name}-images-idx3-ubyte.gz`), gzipSync(idx([labels.length, 2, 2], pixels)));
  writeFileSync(join(folder, `${name}-labels-idx1-ubyte.gz`), gzipSync(idx([labels.length], Uint8Array.from(labels))));
}

/** CIFAR-10 images whose pixels all have the value of their label. */
function cifar(labels: number[]): Uint8Array {
  return gzipSync(Buffer.concat(labels.map((label) => Buffer.alloc(3073, label))));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cambium-study-data-'));
  const labels = (count: number) => Array.from({ length: count }, (_, i) => i % 10);
  images('train', labels(80));
  images('t10k', labels(20));
  writeFileSync(join(folder, 'data_batch_1.bin.gz'), cifar(labels(40)));
  writeFileSync(join(folder, 'test_batch.bin.gz'), cifar(labels(10)));
  const rows = Array.from({ length: 20 }, (_, i) => [i, 100 - i * i, 7]);
  const lines = (of: number[][], comma: string) => of.map((row) => row.join(comma)).join('\n');
  const table = (classes: string[]) => strToU8(`20,3,${classes.join(',')}\n${lines(rows.map((row, i) => [...row, i % classes.length]), ',')}\n`);
  wheel = join(folder, 'some.whl');
  writeFileSync(
    wheel,
    zipSync({
      'sklearn/datasets/data/breast_cancer.csv': table(['malignant', 'benign']),
      'sklearn/datasets/data/wine_data.csv': table(['class_0', 'class_1', 'class_2']),
      'sklearn/datasets/data/diabetes_data_raw.csv.gz': gzipSync(strToU8(lines(rows, ' '))),
      'sklearn/datasets/data/diabetes_target.csv.gz': gzipSync(strToU8(lines(rows.map(([i]) => [2 * i!]), ' '))),
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('data sets', () => {
  it('are those for which there are files', () => {
    expect(available({})).toEqual(['digits', 'digits as images']);
    expect(available({ data: folder, wheel })).toEqual(['digits', 'digits as images', 'MNIST', 'CIFAR-10', 'CIFAR-10 recipe', 'breast cancer', 'wine', 'diabetes']);
  });

  it('MNIST pools both files and splits them by seed', async () => {
    const source = await open('MNIST', { data: folder });
    const { train, valid, test } = await source.split(1);
    expect([train, valid, test].map(({ rows }) => rows)).toEqual([70, 10, 20]);
    expect(train.shape).toEqual([4]);
    const labels = [train, valid, test].flatMap(({ y }) => [...y!]);
    for (let digit = 0; digit < 10; digit++) expect(labels.filter((label) => label === digit)).toHaveLength(10);
    for (let row = 0; row < train.rows; row++) expect([...train.x.subarray(4 * row, 4 * row + 4)]).toEqual(Array(4).fill(train.y![row]));
    expect([...(await source.split(2)).test.y!]).not.toEqual([...test.y!]);
    expect([...(await source.split(1)).test.y!]).toEqual([...test.y!]);
  });

  it('CIFAR-10 keeps its test file for testing', async () => {
    const { train, valid, test } = await (await open('CIFAR-10', { data: folder })).split(1);
    expect([train, valid, test].map(({ rows }) => rows)).toEqual([36, 4, 10]);
    expect([...test.y!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('tables come out of a wheel, standardised by their rows to train on', async () => {
    const sources = { wheel };
    for (const [name, outputs] of [['breast cancer', 2], ['wine', 3], ['diabetes', 1]] as const) {
      const source = await open(name, sources);
      expect([source.shape, source.outputs]).toEqual([[3], outputs]);
      const { train, valid, test } = await source.split(3);
      expect([train, valid, test].map(({ rows }) => rows)).toEqual([12, 3, 5]);
      const column = (at: number) => [...train.x].filter((_, i) => i % 3 === at);
      expect(mean(column(0))).toBeCloseTo(0, 5);
      expect(mean(column(0).map((value) => value ** 2))).toBeCloseTo(11 / 12, 5);
      expect(column(2)).toEqual(Array(12).fill(0));
    }
    // The target is twice the first feature, so both become the same.
    const { train, test } = await (await open('diabetes', sources)).split(1);
    for (const { x, y, rows } of [train, test]) for (let row = 0; row < rows; row++) expect(y![row]).toBeCloseTo(x[3 * row]!, 5);
  });

  it('digits are standardised together', async () => {
    const { train, valid, test } = await (await open('digits', {})).split(1);
    expect([train, valid, test].map(({ rows }) => rows)).toEqual([1078, 270, 449]);
    const pixels = [...train.x];
    expect([mean(pixels), mean(pixels.map((pixel) => pixel ** 2))]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 4)]);
    // 17 grey values, the same ones everywhere.
    expect(new Set([...pixels, ...test.x]).size).toBe(17);
  });

  it('digits as images are the same rows in the same parts', async () => {
    const [rows, images] = await Promise.all((['digits', 'digits as images'] as const).map(async (name) => (await open(name, {})).split(2)));
    for (const part of ['train', 'valid', 'test'] as const) {
      const [flat, image] = [rows![part], images![part]];
      expect([image.shape, image.rows, image.targets]).toEqual([[8, 8, 1], flat.rows, flat.targets]);
      expect([image.x, image.y]).toEqual([flat.x, flat.y]);
    }
  });

  it('some columns of rows', async () => {
    const part = await Dataset.from({ x: [1, 2, 3, 4, 5, 6], shape: [3], y: [0, 1], scale: 0.5 });
    const { x, shape, scale, y, targets } = await columnsOf(part, [2, 0]);
    expect([[...x], shape, scale, [...y!], targets]).toEqual([[3, 1, 6, 4], [2], 0.5, [0, 1], part.targets]);
  });

  it('augmentation keeps the images and adds each once more, moved by two pixels at most', async () => {
    const side = 8;
    const x = new Uint8Array(20 * side * side);
    for (let row = 0; row < 20; row++) x[row * 64 + 3 * side + 3] = 1;
    const train = await Dataset.from({ x, shape: [side, side, 1], y: Uint8Array.from({ length: 20 }, (_, i) => i % 10), scale: 1 / 255 });
    const more = await augmented(train, { image: [side, side, 1], shift: 2, mirrored: true }, 1);
    expect([more.rows, more.scale]).toEqual([40, 1 / 255]);
    expect([...more.x.subarray(0, x.length)]).toEqual([...x]);
    expect([...more.y!.subarray(20)]).toEqual([...train.y!]);
    const places = Array.from({ length: 20 }, (_, row) => more.x.subarray((20 + row) * 64, (21 + row) * 64).indexOf(1));
    for (const place of places) {
      expect(Math.floor(place / side)).toBeGreaterThanOrEqual(1);
      expect(Math.floor(place / side)).toBeLessThanOrEqual(5);
      expect(place % side).toBeGreaterThanOrEqual(1);
      // Mirrored, the pixel lies at 4 before it is moved.
      expect(place % side).toBeLessThanOrEqual(6);
    }
    expect(new Set(places).size).toBeGreaterThan(8);
  });

  it('digits are augmented as flat rows of floats, not mirrored', async () => {
    const { augmentation } = subjects.find(({ name }) => name === 'digits')!;
    const { train } = await (await open('digits', {})).split(1);
    const { x, rows, shape } = await augmented(train, augmentation!, 1);
    expect([rows, shape, x.constructor]).toEqual([2 * train.rows, [64], Float32Array]);
    for (let row = 0; row < train.rows; row++) {
      const [image, moved] = [train.x.subarray(64 * row, 64 * (row + 1)), x.subarray(64 * (train.rows + row), 64 * (train.rows + row + 1))];
      // The pixels that a move by one keeps, whichever way it went.
      const isMovedBy = (down: number, right: number) => [2, 3, 4, 5].every((i) => [2, 3, 4, 5].every((j) => moved[8 * i + j] === image[8 * (i + down) + j + right]));
      expect([-1, 0, 1].some((down) => [-1, 0, 1].some((right) => isMovedBy(down, right)))).toBe(true);
    }
  });
});
