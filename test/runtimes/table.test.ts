/** The table in docs/runtimes.md is held against what was measured. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { differences } from './table.ts';

const text = readFileSync(new URL('../../docs/runtimes.md', import.meta.url), 'utf8');
const [, ...lines] = text.match(/^\|.*\|$/gm)!.filter((line) => !line.includes('---') && !line.includes('Safari'));
const rows = lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
const [name] = rows.at(-1)!;

/** The rows with another text in one cell of the last. */
function changed(cell: number, text: string): string[][] {
  return rows.map((row, i) => (i === rows.length - 1 ? row.map((old, j) => (j === cell ? text : old)) : row));
}

test('a table that is as measured is accepted', async () => {
  expect(rows.length).toBeGreaterThan(5);
  expect(await differences(rows, new Set())).toEqual([]);
});

test('a version counts, unless it comes with the system', async () => {
  expect(await differences(changed(1, '999'), new Set())).toHaveLength(2);
  expect(await differences(changed(1, '999'), new Set([name!]))).toEqual([]);
});

test.each([2, 3, 4, 5])('cell %i counts in any case', async (cell) => {
  expect(await differences(changed(cell, 'otherwise'), new Set([name!]))).toHaveLength(2);
});

test('a runtime that did not run is missed', async () => {
  expect(await differences(rows.slice(1), new Set())).toHaveLength(1);
});
