/** Sections as text and as Markdown. */
import type { Section } from './section.ts';

/** Columns of the explanations on the terminal. */
const COLUMNS = 120;

/** For the terminal: numbers to the right. */
export function text({ title, text: explanation, head, rows, note }: Section): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const numbers = head.map((_, column) => isNumeric(rows, column));
  const pad = (cell: string, column: number) => (numbers[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!));
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...rows].map((row) => row.map(pad).join('  ').trimEnd());
  return `${title.toUpperCase()}\n${wrapped(explanation)}\n\n${lines.join('\n')}\n${note === undefined ? '' : `${wrapped(note)}\n`}`;
}

/** For BENCHMARKS.md. */
export function markdown({ title, text: explanation, head, rows, note }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (isNumeric(rows, column) ? '--:' : '---'));
  return `## ${title}\n\n${explanation}\n\n${[head, rule, ...rows].map(line).join('\n')}\n${note === undefined ? '' : `\n${note}\n`}`;
}

/** Whether a column holds numbers, and dashes where there is none. */
function isNumeric(rows: Section['rows'], column: number): boolean {
  return rows.every((row) => /^(-|-?\d[\d.]*( %|x)?)$/.test(row[column]!));
}

function wrapped(lines: string): string {
  return lines.replace(new RegExp(`(.{1,${COLUMNS}})( |$)`, 'gm'), '$1\n').replaceAll(/\n{2,}/g, '\n').trimEnd();
}
