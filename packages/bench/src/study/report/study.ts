/** The whole report. */
import { origin } from '../../report/origin.ts';
import { markdown, text } from '../../report/render.ts';
import type { Section } from '../../report/section.ts';
import type { Machine } from '../../results.ts';
import type { Refusal } from '../run/record.ts';
import type { Comparison } from './comparisons.ts';
import type { Row } from './rows.ts';
import { controls, rivals } from './tables.ts';

/** What is reported. */
export interface Study {
  machine: Machine<object>;
  /** Jobs that ended, of all that were asked for. */
  ended: number;
  of: number;
  rows: readonly Row[];
  comparisons: readonly Comparison[];
  refusals: readonly Refusal[];
}

const METHOD =
  'Every network of a data set gets the same rows, the same number of steps and the same optimiser: Adam 2e-3, constant for half ' +
  'of the steps, then a cosine down to 2 %. Each seed splits the rows anew, and all rivals of a seed share the split. Decisions ' +
  'about structure use rows to train on or to decide by, never those to test with. Score: percent of right test rows, for numbers ' +
  '100 times R2, and its standard deviation over the seeds. Gain: score less that of fixed networks (equal widths, convolutions ' +
  '1:2:4) with as many weights, by interpolation in the logarithm of their number, level beyond the smallest and the largest, ' +
  'paired by seed: mean ± standard error. Multiply-adds: of one row forward, the mean over the steps; "gain at these" is against ' +
  'fixed networks of as many. In events: the share of the time above that of fixed networks with as many multiply-adds, by ' +
  'interpolation between theirs, all seeds together; the clock of a busy machine is in it.';

function sections({ rows, comparisons, refusals }: Study): Section[] {
  const names = [...new Set(rows.map(({ data }) => data))];
  return names.flatMap((name) => {
    const of = <T extends { data: string }>(all: readonly T[]): T[] => all.filter(({ data }) => data === name);
    const compared = of(comparisons);
    return [rivals(name, of(rows), of(refusals)), ...(compared.length > 0 ? [controls(name, compared)] : [])];
  });
}

/** Of fewer seeds a standard error is itself too uncertain to go by. */
const ENOUGH_SEEDS = 5;

function head({ machine, ended, of, rows }: Study): string[] {
  const lines = origin(machine, []);
  if (ended < of) lines.push(`BROKEN OFF: ${ended} of ${of} splits were finished; rows have different numbers of seeds.`);
  if (rows.some(({ seeds }) => seeds < ENOUGH_SEEDS)) lines.push(`FEW SEEDS: take what has fewer than ${ENOUGH_SEEDS} for a hint.`);
  return lines;
}

/** For the terminal. */
export function asText(study: Study): string {
  return [...head(study), '', ...sections(study).map(text)].join('\n');
}

/** For STUDY.md. */
export function asMarkdown(study: Study): string {
  const lines = ['# The study of growth', '', 'Written by `npm run study`.', '', ...head(study).map((line) => `- ${line}`), '', METHOD, ''];
  return [lines.join('\n'), ...sections(study).map(markdown)].join('\n');
}
