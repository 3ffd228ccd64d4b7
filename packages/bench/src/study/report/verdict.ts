/** What a difference says. */
import type { Mean } from './rows.ts';

/** Better or worse by more than two standard errors, or neither. One seed says nothing. */
export type Verdict = 'better' | 'worse' | 'neither';

/** The verdict of a mean difference. */
export function verdict({ mean, se }: Mean): Verdict {
  if (se === null || Math.abs(mean) <= 2 * se) return 'neither';
  return mean > 0 ? 'better' : 'worse';
}

/** A difference with its sign and standard error. */
export function signed({ mean, se }: Mean): string {
  const text = `${mean < 0 ? '-' : '+'}${Math.abs(mean).toFixed(2)}`;
  return se === null ? text : `${text} ± ${se.toFixed(2)}`;
}

/** A whole number with commas between thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
