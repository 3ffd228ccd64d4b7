/** The tables of one data set. */
import { percent, type Section } from '../../report/section.ts';
import { controlNames } from '../rivals/controls.ts';
import type { Refusal } from '../run/record.ts';
import type { Against, Comparison } from './comparisons.ts';
import type { Row } from './rows.ts';
import { sentences } from './sentences.ts';
import { signed, verdict, whole } from './verdict.ts';

const againstNames: Readonly<Record<Against, string>> = { ...controlNames, double: 'fixed networks of twice its weights' };

/** Fixed and grown networks. */
export function rivals(data: string, rows: readonly Row[], refusals: readonly Refusal[]): Section {
  const shown = rows.filter(({ gain, eventShare }) => gain === null || eventShare !== null);
  const refused = refusals.map(({ method, budget, reason }) => `Not possible: ${method}${budget === undefined ? '' : ` at ${whole(budget)} weights`} (${reason}).`);
  return {
    title: data,
    text: [sentences(rows), ...new Set(refused)].join(' '),
    head: ['method', 'seeds', 'weights', 'score', 'sd', 'gain', 'multiply-adds', 'gain at these', 'seconds', 'in events'],
    rows: shown.map((row) => [
      ...[row.method, `${row.seeds}`, whole(row.weights), row.score.toFixed(2), row.scoreSd.toFixed(2)],
      row.gain === null ? '-' : signed({ mean: row.gain, se: row.gainSe }),
      whole(row.macs),
      row.macsGain === null ? '-' : signed({ mean: row.macsGain, se: row.macsGainSe }),
      row.seconds.toFixed(2),
      row.eventShare === null ? '-' : percent(row.eventShare),
    ]),
  };
}

/** Grown networks against controls. */
export function controls(data: string, comparisons: readonly Comparison[]): Section {
  return {
    title: `${data}: controls`,
    text: 'Paired by seed; a difference counts where it is above two standard errors.',
    head: ['method', 'weights', 'score', 'against', 'its weights', 'its score', 'difference', 'verdict'],
    rows: comparisons.map((one) => [
      ...[one.method, whole(one.weights), one.score.toFixed(2)],
      ...[againstNames[one.against], whole(one.otherWeights), one.otherScore.toFixed(2)],
      ...[signed(one.difference), verdict(one.difference)],
    ]),
  };
}
