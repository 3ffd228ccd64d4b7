/** What the rows say, in sentences made of them. */
import type { Group, Row } from './rows.ts';
import { signed, verdict, whole, type Verdict } from './verdict.ts';

const openings: Readonly<Record<Verdict, string>> = {
  better: 'Better than fixed networks of as many weights by more than two standard errors',
  worse: 'WORSE than fixed networks of as many weights by more than two standard errors',
  neither: 'Not to be told from fixed networks of as many weights',
};

/** One sentence for each verdict that some grown network has. */
export function sentences(groups: readonly Group[]): string {
  const rows = groups.filter(({ grown }) => grown).map(({ row }) => row);
  return (['better', 'worse', 'neither'] as const)
    .map((kind) => {
      const named = rows.filter(({ gain, gainSe }) => verdict({ mean: gain!, se: gainSe }) === kind).map(nameOf);
      return named.length > 0 ? `${openings[kind]}: ${named.join(', ')}.` : '';
    })
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function nameOf({ method, weights, gain, gainSe }: Row): string {
  return `${method} at ${whole(weights)} weights (${signed({ mean: gain!, se: gainSe })})`;
}
