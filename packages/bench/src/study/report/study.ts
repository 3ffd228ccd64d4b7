/** The whole report. */
import { markdown, text } from '../../report/render.ts';
import type { Section } from '../../report/section.ts';
import type { Machine } from '../../results.ts';
import type { Part } from '../run/part.ts';
import type { Refusal } from '../run/record.ts';
import { comparisons, type Comparison } from './comparisons.ts';
import type { Figure } from './figures.ts';
import { goals, goalTable, type Judged } from './goals.ts';
import { origins } from './origins.ts';
import { groups, type Group, type Row } from './rows.ts';
import { controls, rivals } from './tables.ts';

/** What is reported. */
export interface Study {
  machine: Machine<object>;
  /** Jobs that ended, of all that were asked for. */
  ended: number;
  of: number;
  /** Why not all of them ended. */
  brokenOff?: string;
  /** Every command that made something of what is reported. */
  parts: readonly Part[];
  groups: readonly Group[];
  comparisons: readonly Comparison[];
  refusals: readonly Refusal[];
  goals: readonly Judged[];
}

/** The report on what `own`, the command that makes it, has done, and on what it takes over. */
export function studyOf(own: Part, earlier: readonly Part[]): Study {
  const { machine, ended, of, brokenOff } = own;
  const parts = [...earlier, own].filter(({ runs, refusals }) => runs.length + refusals.length > 0);
  const grouped = groups(parts.flatMap(({ runs }) => runs));
  const evidence = { groups: grouped, comparisons: comparisons(grouped) };
  return { machine, ended, of, ...(brokenOff !== undefined && { brokenOff }), parts, ...evidence, refusals: parts.flatMap(({ refusals }) => refusals), goals: goals(evidence) };
}

const METHOD =
  'Every network of a data set gets the same rows, the same number of steps and the same optimiser: Adam 2e-3, constant for half ' +
  'of the steps, then a cosine down to 2 %. Each seed splits the rows anew, and all rivals of a seed share the split. Decisions ' +
  'about structure use rows to train on or to decide by, never those to test with; constants of the methods were chosen by scores on splits of the same rows, for the tables on some of those that are told of here (ARCHITECTURE.md has which). Score: percent of right test rows, for numbers ' +
  '100 times R2, and its standard deviation over the seeds. Gain: score less that of fixed networks (all of equal widths, but for the ' +
  'two dense layers of 10 behind the convolutions of the recipe) ' +
  'with as many weights, by interpolation in the logarithm of their number, level beyond the smallest and the largest, ' +
  'paired by seed: mean ± standard error; without a verdict where a network is larger than the largest of them. Multiply-adds: of one row forward, the mean over the steps; "gain at these" is against ' +
  'fixed networks of as many. Seconds: processor time of the fit, on one thread. In events: the share of the time in the engine ' +
  'that growth events took, by the clock, measured in each fit. ' +
  'In figures the bars are two standard errors of the gain; "retrained" is a grown shape trained from the start, "variance" and "linear" are fixed networks on inputs chosen so.';

/** Of fewer seeds a standard error is itself too uncertain to go by. */
const ENOUGH_SEEDS = 5;

/** The sections of each data set, by its name. */
function sections({ groups, comparisons, refusals }: Study): { data: string; sections: Section[] }[] {
  const names = [...new Set(groups.map(({ row }) => row.data))];
  return names.map((data) => {
    const compared = comparisons.filter((one) => one.data === data);
    const table = rivals(data, groups.filter(({ row }) => row.data === data), refusals.filter((one) => one.data === data));
    return { data, sections: [table, ...(compared.length > 0 ? [controls(data, compared)] : [])] };
  });
}

function head({ machine, ended, of, brokenOff, parts, groups }: Study): string[] {
  const lines = origins(parts, machine);
  if (brokenOff !== undefined) lines.push(`BROKEN OFF (${brokenOff}): ${ended} of ${of} splits were finished; rows have different numbers of seeds.`);
  if (groups.some(({ row }) => row.seeds < ENOUGH_SEEDS)) lines.push(`FEW SEEDS: take what has fewer than ${ENOUGH_SEEDS} for a hint.`);
  return lines;
}

/** For the terminal. */
export function asText(study: Study): string {
  const tables = sections(study).flatMap((one) => one.sections);
  return [...head(study), '', ...[goalTable(study.goals), ...tables].map(text)].join('\n');
}

/** For STUDY.md, with `figures` in the folder `folder` beside it. */
export function asMarkdown(study: Study, figures: readonly Figure[], folder: string): string {
  const lines = ['# The study of growth', '', 'Written by `npm run study`.', '', ...head(study).map((line) => `- ${line}`), '', METHOD, ''];
  const parts = sections(study).flatMap(({ data, sections: [first, ...rest] }) => {
    const { file } = figures.find((one) => one.data === data)!;
    return [markdown(first!), `![Scores over weights: ${data}](${folder}/${file})\n`, ...rest.map(markdown)];
  });
  return [lines.join('\n'), markdown(goalTable(study.goals)), ...parts].join('\n');
}

/** What `--json` writes: rows in place of groups, and the fits in `parts`. */
export type Written = Omit<Study, 'groups'> & { rows: Row[] };

/** For `--json`. */
export function asJson({ groups, ...rest }: Study): string {
  const written: Written = { ...rest, rows: groups.map(({ row }) => row) };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}
