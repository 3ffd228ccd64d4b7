/** Plain tables. */

/** `rows` in columns under `head`, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    /^[\d.]+$/.test(rows[0]?.[column] ?? '') ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  const lines = cells.map((row) => row.map(pad).join('  ').trimEnd());
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}
