/** What the report is made of. */

/** One table with what there is to know about it. */
export interface Section {
  title: string;
  text: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** What is to be known of some of the rows, below them. */
  note?: string;
}

/** A share as percent. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** A number with about three digits. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '-';
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** Bytes as mebibytes. */
export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : (bytes / 2 ** 20).toFixed(1);
}
