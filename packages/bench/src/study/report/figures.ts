/** The figures of a study. */
import { figure, type Series } from './figure.ts';
import type { Group } from './rows.ts';

/** A file beside the report. */
export interface Figure {
  /** Name of the file. */
  file: string;
  data: string;
  svg: string;
}

/** One figure for each data set: fixed networks, every method, and controls on chosen inputs. */
export function figures(groups: readonly Group[]): Figure[] {
  const names = [...new Set(groups.map(({ row }) => row.data))];
  return names.map((data) => ({
    file: `${data.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.svg`,
    data,
    svg: figure(data, data.startsWith('diabetes') ? '100 x R2 on test rows' : '% of test rows right', seriesOf(groups.filter(({ row }) => row.data === data))),
  }));
}

function seriesOf(groups: readonly Group[]): Series[] {
  const named = new Map<string, Group[]>();
  for (const group of groups) {
    const name = seriesName(group);
    named.set(name, [...(named.get(name) ?? []), group]);
  }
  return [...named].map(([name, of]) => ({
    name,
    joined: name === 'fixed',
    points: of.map(({ row }) => ({ weights: row.weights, score: row.score, bar: 2 * (row.gainSe ?? 0) })),
  }));
}

/** Variants of a method, which differ by a word or two after its name, have one colour. */
function seriesName({ row: { method }, runs }: Group): string {
  const { control } = runs[0]!;
  return control === undefined ? method.split(' ')[0]! : method;
}
