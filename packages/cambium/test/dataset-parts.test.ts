import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/dataset.ts';
import { expectError } from './errors.ts';

const rows = (n: number, width = 2) => Float32Array.from({ length: n * width }, (_, i) => i);

describe('parts of a data set', () => {
  it('splits all rows without overlap, the same for the same seed', async () => {
    const n = 101;
    const set = await Dataset.from({ x: rows(n), shape: [2], y: Array.from({ length: n }, (_, i) => i), classes: 200 });
    const parts = set.split([0.6, 0.2, 0.2], 7);
    expect(parts.map((part) => part.rows)).toEqual([61, 20, 20]);
    const seen = parts.flatMap((part) => [...part.y!]);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    for (const part of parts) {
      expect(part.targets).toEqual({ type: 'labels', classes: 200 });
      for (let i = 0; i < part.rows; i++) expect(part.x[2 * i]).toBe(2 * part.y![i]!);
    }
    const again = set.split([0.6, 0.2, 0.2], 7);
    expect(again.map((part) => [...part.y!])).toEqual(parts.map((part) => [...part.y!]));
    expect([...set.split([0.6], 8)[0].y!]).not.toEqual([...parts[0].y!]);
  });

  it('draws the same order in every version of the package', async () => {
    const set = await Dataset.from({ x: rows(10, 1), shape: [1] });
    expect([...set.split([1], 1)[0].x]).toMatchInlineSnapshot(`
      [
        7,
        8,
        3,
        2,
        1,
        5,
        9,
        4,
        0,
        6,
      ]
    `);
  });

  it('takes rows by index, with values', async () => {
    const set = await Dataset.from({
      x: rows(4),
      shape: [2],
      y: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
    });
    const part = set.subset([3, 1, 3]);
    expect([...part.x]).toEqual([6, 7, 2, 3, 6, 7]);
    expect([...part.y!]).toEqual([6, 7, 2, 3, 6, 7]);
  });

  it('rejects rows that are not there and shares that are none', async () => {
    const set = await Dataset.from({ x: rows(4), shape: [2] });
    await expectError(() => set.subset([4]), 'INDEX', /row 4 does not exist: the data set has rows 0 to 3/);
    await expectError(() => set.subset([]), 'SHAPE', /at least one row/);
    await expectError(() => set.split([0.7, 0.7]), 'OPTION', /add up to 1.4, above 1/);
    await expectError(() => set.split([0.01, 0.9]), 'SHAPE', /a share of 0.01 of 4 rows is no row/);
    await expectError(() => set.split([]), 'OPTION', /must be an array/);
    await expectError(() => set.split([0.5], -1), 'OPTION', /seed must be an integer/);
  });

  it('cannot be used after dispose', async () => {
    const set = await Dataset.from({ x: rows(4), shape: [2] });
    set.dispose();
    set[Symbol.dispose]();
    expect(set.disposed).toBe(true);
    await expectError(() => set.subset([1]), 'DISPOSED', /disposed/);
  });
});
