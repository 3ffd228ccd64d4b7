/** What the rows say, in sentences made of them. */
import type { Layout } from '../../networks.ts';
import { againstNames, type Comparison } from './comparisons.ts';
import type { Group, Mean, Row } from './rows.ts';
import { signed, verdict, whole, type Verdict } from './verdict.ts';

const verdicts: readonly Verdict[] = ['better', 'worse', 'neither'];

const openings: Readonly<Record<Verdict, (other: string) => string>> = {
  better: (other) => `Better than ${other} by more than two standard errors`,
  worse: (other) => `WORSE than ${other} by more than two standard errors`,
  neither: (other) => `Not to be told from ${other}`,
};

/** A list with one sentence for each verdict that some grown network has, at equal weights and at equal multiply-adds. */
export function sentences(groups: readonly Group[]): string {
  const grown = groups.filter((group) => group.grown).map(({ row }) => row);
  const [rows, beyond] = [grown.filter((row) => !row.beyond), grown.filter((row) => row.beyond)];
  const atWeights = verdictsOn(rows, 'fixed networks of as many weights', ({ gain, gainSe }) => ({ mean: gain!, se: gainSe }));
  const atMacs = verdictsOn(rows, 'fixed networks of as many multiply-adds', ({ macsGain, macsGainSe }) => ({ mean: macsGain!, se: macsGainSe }));
  const larger = beyond.map(({ method, weights }) => `${method} at ${whole(weights)} weights`);
  const notCompared = larger.length > 0 ? [`Larger than every fixed network, and so compared with the largest alone, without a verdict: ${larger.join(', ')}.`] : [];
  return list([...atWeights, ...atMacs, ...notCompared]);
}

function verdictsOn(rows: readonly Row[], other: string, difference: (row: Row) => Mean): string[] {
  return verdicts.flatMap((kind) => {
    const named = rows.filter((row) => verdict(difference(row)) === kind);
    const texts = named.map((row) => `${row.method} at ${whole(row.weights)} weights (${signed(difference(row))})`);
    return texts.length > 0 ? [`${openings[kind](other)}: ${texts.join(', ')}.`] : [];
  });
}

/** A list with one sentence for each thing that grown networks are compared with: how often they are better, and where they are worse. */
export function controlSentences(comparisons: readonly Comparison[]): string {
  const kinds = [...new Set(comparisons.map(({ against }) => against))];
  return list(
    kinds.map((against) => {
      const of = comparisons.filter((one) => one.against === against);
      const [better, worse] = (['better', 'worse'] as const).map((kind) => of.filter(({ difference }) => verdict(difference) === kind));
      const lost = worse!.map(({ method, weights }) => `${method} at ${whole(weights)} weights`);
      const end = lost.length > 0 ? `, WORSE in ${lost.length} (${lost.join(', ')})` : '';
      return `Against ${againstNames[against]}: better in ${better!.length} of ${of.length}${end}.`;
    }),
  );
}

/** Methods with newborns of their own between dense layers alone, and those that need layers without norms and blocks. */
const [DENSE_ONLY, PLAIN_ONLY] = [['gradMax', 'tiny'], ['cascade']];

/** Which rows of `groups`, those of one data set, are of methods whose newborns its networks do not allow, or undefined if none are. */
export function fallback(groups: readonly Group[]): string | undefined {
  const withoutOwn = ({ filters, residual }: Layout) => [...(filters.length > 0 ? DENSE_ONLY : []), ...(residual ? PLAIN_ONLY : [])];
  const named = new Set(groups.filter(({ row, runs }) => withoutOwn(runs[0]!.layout).includes(row.method)).map(({ row }) => row.method));
  if (named.size === 0) return undefined;
  const names = [...named].join(', ').replace(/, (?=[^,]+$)/, ' and ');
  return `Where a convolution or a norm makes or reads the features, silent newborns, random and without effect at first, stand in for those of ${names}: equal rows of these are of one rule and compare nothing.`;
}

function list(sentences: readonly string[]): string {
  return sentences.map((sentence) => `- ${sentence}`).join('\n');
}
