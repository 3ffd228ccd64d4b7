/** The tables of one data set. */
import { percent, type Section } from '../../report/section.ts';
import type { Refusal } from '../run/record.ts';
import { againstNames, type Comparison } from './comparisons.ts';
import type { Group } from './rows.ts';
import { controlSentences, fallback, sentences } from './sentences.ts';
import { signed, verdict, whole } from './verdict.ts';

/** Fixed and grown networks. */
export function rivals(data: string, groups: readonly Group[], refusals: readonly Refusal[]): Section {
  const rows = groups.filter(({ runs }) => runs[0]!.control === undefined).map(({ row }) => row);
  const refused = refusals.map(({ method, budget, reason }) => `Not possible: ${method}${budget === undefined ? '' : ` at ${whole(budget)} weights`} (${reason}).`);
  const note = fallback(groups);
  return {
    title: data,
    ...(note !== undefined && { note }),
    text: [sentences(groups), ...new Set(refused.map((one) => `- ${one}`))].join('\n'),
    head: ['method', 'seeds', 'weights', 'score', 'sd', 'gain', 'multiply-adds', 'gain at these', 'seconds', 'in events'],
    rows: rows.map((row) => [
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
    text: `Paired by seed; a difference counts where it is above two standard errors.\n\n${controlSentences(comparisons)}`,
    head: ['method', 'weights', 'score', 'against', 'its weights', 'its score', 'difference', 'verdict'],
    rows: comparisons.map((one) => [
      ...[one.method, whole(one.weights), one.score.toFixed(2)],
      ...[againstNames[one.against], whole(one.otherWeights), one.otherScore.toFixed(2)],
      ...[signed(one.difference), verdict(one.difference)],
    ]),
  };
}
