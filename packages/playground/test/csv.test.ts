import { describe, expect, it } from 'vitest';
import { FileError, parseCsv } from '../src/data/csv.ts';
import { toTable, type Table } from '../src/data/table.ts';

const read = (text: string): Table => toTable(parseCsv(text), 1);
const lines = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('parseCsv', () => {
  it('reads quotes, line breaks in them, and every kind of line end', () => {
    expect(parseCsv('a,"b, ""c"""\r\n1,"two\nlines"\n\n 3 , "" \r\n')).toEqual([
      { line: 1, cells: ['a', 'b, "c"'] },
      { line: 2, cells: ['1', 'two\nlines'] },
      { line: 5, cells: ['3', ''] },
    ]);
  });

  it('finds the separator, and takes a comma for the decimal point where it does not separate', () => {
    expect(parseCsv('\uFEFF1,5;-2,25;"a,b"')).toEqual([{ line: 1, cells: ['1.5', '-2.25', 'a,b'] }]);
    expect(parseCsv('1.5\tx')).toEqual([{ line: 1, cells: ['1.5', 'x'] }]);
  });

  it.each([
    ['', /is empty/],
    ['alone\nlines', /Line 1 has one column/],
    ['a,b\n1,"open\n2,3', /Line 2: a quote opens and is never closed/],
    ['a,b\n1,"two\nlines"3\n', /Line 3: text stands after a closing quote/],
    ['\0PNG,', /no text file/],
  ])('says what is wrong in %j', (text, message) => {
    expect(() => parseCsv(text)).toThrow(FileError);
    expect(() => parseCsv(text)).toThrow(message);
  });
});

describe('toTable', () => {
  it('takes text in the last column for classes, and the first line for a header', () => {
    const table = read(`size,weight,kind\n${lines(25, (i) => `${i},${2 * i + 1},${i % 2 ? 'pear' : 'apple'}`)}`);
    expect(table).toMatchObject({ rows: 25, features: ['size', 'weight'], targetName: 'kind', target: { type: 'labels', classNames: ['apple', 'pear'] } });
    expect([table.train.y.length, table.valid.y.length]).toEqual([20, 5]);
    // Each row still belongs to its label: even sizes are apples.
    for (const { x, y } of [table.train, table.valid]) {
      y.forEach((label, row) => expect(Math.round(x[2 * row]! * table.deviations[0]! + table.means[0]!) % 2).toBe(label));
    }
  });

  it('standardises by the training rows, and leaves a constant column at zero', () => {
    const { train } = read(lines(100, (i) => `${1000 + i},7,${i % 3}`));
    const first = train.x.filter((_, i) => i % 2 === 0);
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    const variance = first.reduce((sum, value) => sum + value ** 2, 0) / first.length;
    expect(Math.abs(mean)).toBeLessThan(1e-5);
    expect(variance).toBeCloseTo(1, 4);
    expect(train.x.filter((_, i) => i % 2 === 1).every((value) => value === 0)).toBe(true);
  });

  it('takes few whole numbers for classes in their order, other numbers for values', () => {
    expect(read(lines(40, (i) => `${i},${[10, 9, 2][i % 3]}`)).target).toEqual({ type: 'labels', classNames: ['2', '9', '10'] });
    expect(read(lines(40, (i) => `${i},${i / 2}`)).target).toMatchObject({ type: 'values' });
    expect(read(lines(40, (i) => `${i},${i}`)).target).toMatchObject({ type: 'values' });
  });

  it.each([
    ['a cell too few', `a,b,c\n1,2,x\n1,2\n${lines(20, () => '1,2,y')}`, /^Line 3 has 2 columns, but line 1 has 3\.$/],
    ['text for a number', `a,b,c\n1,2,x\n1,red,y`, /^Line 3, column 2 \(b\) is "red": features must be numbers/],
    ['an empty feature', `1,2,x\n1,,y`, /^Line 2, column 2 \(column 2\) is empty/],
    ['an empty label', `1,2,x\n1,2,`, /^Line 2, column 3 .* is empty: every row needs a label or a number/],
    ['a number beyond 32 bits', `1,2,x\n1e300,2,y`, /^Line 2, column 1 .*1e300/],
    ['too few rows', `a,b\n${lines(5, (i) => `${i},x`)}`, /has 5 rows of data; at least 20/],
    ['one class', lines(30, (i) => `${i},same`), /"same" in every row/],
    ['a text in every row', lines(300, (i) => `${i},name ${i}`), /300 different texts/],
  ])('refuses %s', (_, text, message) => {
    expect(() => read(text)).toThrow(FileError);
    expect(() => read(text)).toThrow(message);
  });
});
