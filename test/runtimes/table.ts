/** The table of what works where: made from what was measured, and compared with the one in the documentation. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Ran, Runtime } from './runtime.ts';

const file = new URL('../../docs/runtimes.md', import.meta.url);
const [begin, end] = ['<!-- support: begin -->', '<!-- support: end -->'];
const head = ['Runtime', 'Version', 'Threads', 'SIMD', 'Engine runs in', 'Module comes from'];
const untested = ['Safari', 'not tested', '', '', '', ''];
/** The cell that a system's own browser may change. */
const VERSION = 1;

/** One row: a runtime and what its engine was on two threads with fast numerics. */
export function row({ name, loading }: Runtime, { version, outcome }: Ran): string[] {
  const { info } = outcome.runs.find(({ asked }) => asked.numerics === 'fast' && asked.threads === 2)!;
  const simd = info.module.startsWith('relaxed') ? 'relaxed, fused' : 'simd128';
  return [name, version.split('.')[0]!, info.threads > 1 ? 'yes' : 'one', simd, info.host === 'worker' ? 'a worker' : "the caller's thread", loading];
}

/** Puts the rows into the documentation. */
export async function write(rows: readonly string[][]): Promise<void> {
  const text = await readFile(file, 'utf8');
  const { from, to } = place(text);
  await writeFile(file, `${text.slice(0, from)}\n${format(rows)}\n${text.slice(to)}`);
}

/** What the documentation has otherwise than measured. Of `unpinned` runtimes the version may differ: it comes with the system. */
export async function differences(rows: readonly string[][], unpinned: ReadonlySet<string>): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const { from, to } = place(text);
  const documented = text.slice(from, to).trim().split('\n').map(withoutVersion);
  const measured = format(rows).split('\n').map(withoutVersion);
  return [
    ...measured.filter((line) => !documented.includes(line)).map((line) => `measured, not documented:   ${line}`),
    ...documented.filter((line) => !measured.includes(line)).map((line) => `documented, not measured:   ${line}`),
  ];

  function withoutVersion(line: string): string {
    const cells = line.split('|').slice(1, -1).map((cell) => cell.trim());
    return cells.map((cell, i) => (i === VERSION && unpinned.has(cells[0]!) ? '' : cell)).join(' | ');
  }
}

function format(rows: readonly string[][]): string {
  return [head, head.map(() => '---'), ...rows, untested].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function place(text: string): { from: number; to: number } {
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (!text.includes(begin) || to < from) throw new Error(`docs/runtimes.md has no lines ${begin} and ${end} for the table`);
  return { from, to };
}
