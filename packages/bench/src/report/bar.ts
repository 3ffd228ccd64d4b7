/** One thing that must be reached. */

/** A bar over some rows of the results: the worst of them counts. */
export interface Bar<Row> {
  what: string;
  /** In words. */
  bar: string;
  rows: readonly Row[];
  /** What a row takes of what it may take: met up to 1. */
  share: (row: Row) => number;
  /** The row's figure. */
  shown: (row: Row) => string;
  /** Which row it is. */
  name: (row: Row) => string;
}

/** The bar as a row of a table: what, bar, reached, met. */
export function judged<Row>({ what, bar, rows, share, shown, name }: Bar<Row>): string[] {
  if (rows.length === 0) return [what, bar, 'not measured', '-'];
  const worst = rows.reduce((a, b) => (share(b) > share(a) ? b : a));
  const reached = rows.length > 1 ? `${shown(worst)} (${name(worst)})` : shown(worst);
  return [what, bar, reached, share(worst) <= 1 ? 'yes' : 'no'];
}
