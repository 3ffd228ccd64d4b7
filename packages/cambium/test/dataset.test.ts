import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/dataset.ts';
import { expectError } from './errors.ts';

const rows = (n: number, width = 2) => Float32Array.from({ length: n * width }, (_, i) => i);

describe('Dataset.from', () => {
  it('keeps bytes as bytes and floats as they are', async () => {
    const bytes = new Uint8ClampedArray([1, 2, 3, 4]);
    const set = await Dataset.from({ x: bytes, shape: [2], scale: 1 / 255 });
    expect(set.x).toEqual(new Uint8Array([1, 2, 3, 4]));
    expect(set).toMatchObject({ rows: 2, shape: [2], scale: 1 / 255, targets: { type: 'none' }, y: null });
    const floats = rows(3);
    expect((await Dataset.from({ x: floats, shape: [2] })).x).toBe(floats);
    for (const Type of [Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float64Array]) {
      const converted = await Dataset.from({ x: Type.from([1, 2, 3, 4]), shape: [2] });
      expect(converted.x).toEqual(new Float32Array([1, 2, 3, 4]));
    }
  });

  it('reads the shape off nested arrays', async () => {
    expect(
      await Dataset.from({
        x: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      }),
    ).toMatchObject({ rows: 2, shape: [3] });
    const images = await Dataset.from({
      x: [
        [
          [[1], [2]],
          [[3], [4]],
        ],
      ],
    });
    expect(images).toMatchObject({ rows: 1, shape: [2, 2, 1] });
    const typedRows = await Dataset.from({ x: [new Float32Array([1, 2]), new Float32Array([3, 4])] });
    expect([...typedRows.x]).toEqual([1, 2, 3, 4]);
    expect(
      await Dataset.from({
        x: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
        shape: [2, 2, 1],
      }),
    ).toMatchObject({ rows: 1, shape: [2, 2, 1] });
    expect(await Dataset.from({ x: [1, 2, 3], shape: [1] })).toMatchObject({ rows: 3 });
  });

  it('takes whole numbers for labels and other numbers for values', async () => {
    const x = rows(3);
    const targetsOf = async (y: never, more: object = {}) =>
      (await Dataset.from({ x, shape: [2], y, ...more })).targets;
    expect(await targetsOf([0, 2, 1] as never)).toEqual({ type: 'labels', classes: 3 });
    expect(await targetsOf([0, 0, 0] as never)).toEqual({ type: 'labels', classes: 2 });
    expect(await targetsOf(new Uint8Array([0, 2, 1]) as never, { classes: 5 })).toEqual({ type: 'labels', classes: 5 });
    expect(await targetsOf([0, 1, 0] as never, { classNames: ['a', 'b', 'c'] })).toEqual({
      type: 'labels',
      classes: 3,
    });
    expect(await targetsOf([0.5, 2, 1] as never)).toEqual({ type: 'values', width: 1 });
    expect(await targetsOf([-1, 2, 1] as never)).toEqual({ type: 'values', width: 1 });
    expect(await targetsOf(new Float32Array([0, 2, 1]) as never)).toEqual({ type: 'values', width: 1 });
    expect(await targetsOf(new Float32Array(6) as never)).toEqual({ type: 'values', width: 2 });
    expect(
      await targetsOf([
        [1, 0],
        [0, 1],
        [1, 0],
      ] as never),
    ).toEqual({ type: 'values', width: 2 });
    expect(await targetsOf([0, 2, 1] as never, { targets: 'values' })).toEqual({ type: 'values', width: 1 });
    expect(await targetsOf(new Float32Array([0, 2, 1]) as never, { targets: 'labels' })).toEqual({
      type: 'labels',
      classes: 3,
    });
  });

  it.each<[string, object, string, RegExp]>([
    [
      'a length that is no whole number of rows',
      { x: rows(2), shape: [3] },
      'SHAPE',
      /x has 4 numbers, but rows of shape \[3\] need a multiple of 3/,
    ],
    ['a missing shape', { x: rows(2) }, 'SHAPE', /x is flat: give the shape of one row/],
    ['no rows', { x: [], shape: [2] }, 'SHAPE', /x is empty/],
    ['an empty row', { x: [[], []] }, 'SHAPE', /x\[0\] is empty/],
    ['ragged rows', { x: [[1, 2], [3]] }, 'SHAPE', /x\[1\] has 1 elements, but x\[0\] has 2/],
    ['a row that is text', { x: [[1, 2], 'ab'] }, 'SHAPE', /x\[1\] has no elements/],
    [
      'text for a number',
      {
        x: [
          [1, 2],
          [3, '4'],
        ],
      },
      'SHAPE',
      /x\[1\]\[1\] must be a number, not '4'/,
    ],
    ['a shape of two sizes', { x: rows(2), shape: [2, 1] }, 'SHAPE', /\[features\] or \[height, width, channels\]/],
    ['a size of zero', { x: rows(2), shape: [0] }, 'SHAPE', /positive integers, not \[0\]/],
    [
      'a shape other than that of the nested rows',
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        shape: [4],
      },
      'SHAPE',
      /x has rows of shape \[2\], but shape says \[4\]/,
    ],
    [
      'NaN',
      {
        x: [
          [1, 2],
          [3, NaN],
        ],
      },
      'NOT_FINITE',
      /x at row 1, column 1 is NaN/,
    ],
    [
      'infinity in an image',
      {
        x: [
          [
            [[1], [2]],
            [[Infinity], [4]],
          ],
        ],
      },
      'NOT_FINITE',
      /x at row 0, index \[1, 0, 0\] is Infinity/,
    ],
    [
      'a number beyond 32 bits',
      { x: new Float64Array([1, 1e300]), shape: [1] },
      'NOT_FINITE',
      /row 1, column 0 is 1e\+300, which is too large/,
    ],
    ['big integers', { x: new BigInt64Array(2), shape: [1] }, 'SHAPE', /must be a typed array of numbers/],
    [
      'an unknown option',
      { x: rows(2), shape: [2], labels: [1] },
      'OPTION',
      /unknown option 'labels'; known are x, y, shape/,
    ],
    ['a scale of zero', { x: rows(2), shape: [2], scale: 0 }, 'OPTION', /scale must not be 0/],
    ['too few labels', { x: rows(3), shape: [2], y: [0, 1] }, 'SHAPE', /y has 2 labels for 3 rows/],
    [
      'a label outside the classes',
      { x: rows(3), shape: [2], y: [0, 1, 5], classes: 3 },
      'LABEL',
      /y\[2\] is 5, outside the 3 classes \(0 to 2\)/,
    ],
    ['a negative label', { x: rows(2), shape: [2], y: new Int8Array([0, -1]) }, 'LABEL', /y\[1\] is -1/],
    [
      'a label with a fraction',
      { x: rows(2), shape: [2], y: [0, 1.5], targets: 'labels' },
      'LABEL',
      /y\[1\] is 1.5: labels are whole numbers/,
    ],
    ['values of uneven width', { x: rows(2), shape: [2], y: [0.5, 1, 2] }, 'SHAPE', /y has 3 values for 2 rows/],
    [
      'NaN in values',
      {
        x: rows(2),
        shape: [2],
        y: [
          [1, 2],
          [NaN, 1],
        ],
      },
      'NOT_FINITE',
      /y at row 1, column 0 is NaN/,
    ],
    [
      'names that do not fit the classes',
      { x: rows(2), shape: [2], y: [0, 1], classes: 2, classNames: ['a'] },
      'OPTION',
      /1 names for 2 classes/,
    ],
    [
      'classes for values',
      { x: rows(2), shape: [2], y: [0, 1], targets: 'values', classes: 2 },
      'OPTION',
      /classes belongs to labels/,
    ],
    ['classes without targets', { x: rows(2), shape: [2], classes: 2 }, 'OPTION', /classes was given without y/],
    [
      'targets of another kind',
      { x: rows(2), shape: [2], y: [0, 1], targets: 'classes' },
      'OPTION',
      /'labels', 'values'/,
    ],
  ])('rejects %s', async (_, options, code, message) => {
    await expectError(() => Dataset.from(options as never), code as never, message);
  });
});
