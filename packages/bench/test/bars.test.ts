/** Bars and what is told of repeated measurements. */
import { describe, expect, it } from 'vitest';
import { judged } from '../src/report/bar.ts';
import { deviation, noise, median } from '../src/statistics.ts';

describe('a bar', () => {
  const bar = (values: readonly number[]) =>
    judged({ what: 'steps', bar: '<= 2', rows: values.map((value, i) => ({ value, net: `net ${i}` })), share: (row) => row.value / 2, shown: (row) => `${row.value}`, name: (row) => row.net });

  it('is judged by the worst of its rows', () => {
    expect(bar([1, 3, 2])).toEqual(['steps', '<= 2', '3 (net 1)', 'no']);
    expect(bar([1, 2, 0])).toEqual(['steps', '<= 2', '2 (net 1)', 'yes']);
  });

  it('names no row where there is one, and says so where there is none', () => {
    expect(bar([2])).toEqual(['steps', '<= 2', '2', 'yes']);
    expect(bar([])).toEqual(['steps', '<= 2', 'not measured', '-']);
  });
});

describe('repeated measurements', () => {
  it('have a middle, a spread, and a median that is far above the least where something else ran', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect([deviation([2, 4]), deviation([5])]).toEqual([Math.SQRT2, 0]);
    expect(noise([10, 12, 11])).toBeCloseTo(0.1, 12);
  });
});
