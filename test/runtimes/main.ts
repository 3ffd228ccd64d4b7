/**
 * Runs the scenario in every runtime, against the package as it is packed, and natively. Prints a line for each; fails where
 * one cannot be started, a check fails, bits differ, or the table in docs/runtimes.md is not what was measured.
 *
 *   node test/runtimes/main.ts [--write]     with --write it writes the table
 */
import { parseArgs } from 'node:util';
import { makeApp } from './app.ts';
import { nativeHash } from './native.ts';
import { bun } from './runners/bun.ts';
import { chromium } from './runners/chromium.ts';
import { deno } from './runners/deno.ts';
import { firefox } from './runners/firefox.ts';
import { inline, node22, node24 } from './runners/node.ts';
import { workerd } from './runners/workerd.ts';
import { runInTime, type Ran, type Runtime } from './runtime.ts';
import { differences, row, write } from './table.ts';

const runtimes = [node22, node24, inline, deno, bun, workerd, chromium(true), chromium(false), firefox(true), firefox(false)];

/** Of a predicted probability after all training; 7.7e-5 was measured. */
const LARGEST_DIFFERENCE = 1e-3;

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const failures: string[] = [];
const rows: string[][] = [];
const fast = new Map<string, string>();
let difference = 0;

const native = await nativeHash(1);
line('native Rust', '', '', '', '', native);
if ((await nativeHash(2)) !== native) failures.push('native Rust: one thread and two give different models');

const app = await makeApp();
try {
  for (const runtime of runtimes) {
    try {
      judge(runtime, await runInTime(runtime, app.path));
    } catch (error) {
      failures.push(`${runtime.name}: ${error instanceof Error ? error.message : String(error)}`);
      line(runtime.name, 'FAILED');
    }
  }
} finally {
  await app.remove();
}
if (new Set(fast.values()).size > 1) failures.push(`fast numerics differ: ${[...fast].map((pair) => pair.join(': ')).join(', ')}`);
if (!(difference < LARGEST_DIFFERENCE)) failures.push(`fast and portable numerics differ by ${difference} in a predicted probability; at most ${LARGEST_DIFFERENCE} is rounding`);
console.log(`\nlargest difference of a predicted probability, fast against portable numerics: ${difference.toExponential(1)}`);
await compareTable();
for (const failure of failures) console.error(`\n${failure}`);
// By hand, so that nothing a runtime left behind keeps this program.
process.exit(failures.length === 0 ? 0 : 1);

/** Prints what a runtime gave, and notes what is wrong with it. */
function judge(runtime: Runtime, ran: Ran): void {
  const { runs } = ran.outcome;
  const name = `${runtime.name} ${ran.version}`;
  for (const { asked, info, checks, hash } of runs) {
    const what = `${name}, ${asked.numerics} numerics, ${asked.threads} thread(s) asked for`;
    for (const check of checks) if (!check.ok) failures.push(`${what}: ${check.name}: no`);
    if (asked.numerics === 'portable' && info.numerics !== 'portable') failures.push(`${what}: ${info.numerics} numerics ran`);
    if (info.numerics === 'fast') fast.set(what, hash);
    else if (hash !== native) failures.push(`${what}: the final models differ from those of native Rust: ${hash}`);
  }
  difference = Math.max(difference, ran.outcome.difference);
  rows.push(row(runtime, ran));
  const { info, hash } = runs.at(-1)!;
  const checks = runs.reduce((sum, run) => sum + run.checks.length, 0);
  line(runtime.name, ran.version, info.module, String(info.threads), `${checks} checks`, runs[0]!.hash, hash === runs[0]!.hash ? '' : hash);
}

/** Name, version, module, threads, checks, and the hashes of the final weights: portable, and fast where it is another. */
function line(name: string, version: string, module = '', threads = '', checks = '', ...hashes: string[]): void {
  const cells = [name.padEnd(28), version.padEnd(18), module.padEnd(16), threads.padEnd(2), checks.padEnd(10)];
  console.log([...cells, ...hashes.map((hash) => hash.slice(0, 16))].join(' '));
}

async function compareTable(): Promise<void> {
  if (failures.length > 0) return;
  if (values.write) return write(rows);
  if (process.arch !== 'x64') return console.log(`the table in docs/runtimes.md is for x64 and was not compared on ${process.arch}`);
  const unpinned = new Set(runtimes.filter(({ pinned }) => !pinned).map(({ name }) => name));
  const found = await differences(rows, unpinned);
  if (found.length > 0) failures.push(`docs/runtimes.md is not what was measured (npm run test:runtimes -- --write writes it):\n${found.join('\n')}`);
}
