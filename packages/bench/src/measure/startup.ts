/** How soon the engine is ready in a fresh process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { program } from '../peer.ts';
import type { Start, StartUp } from '../protocol.ts';
import type { StartUpRow } from '../results.ts';
import { Series } from '../rounds.ts';
import { least, median } from '../statistics.ts';
import type { Measurement } from './measurement.ts';

const run = promisify(execFile);
/** A start takes some 0.1 s. */
const LIMIT_MS = 60_000;

/** Starts with those options. */
export function startUp(options: Start): Measurement<StartUpRow> {
  const answers: StartUp[] = [];
  const series = new Series(async () => {
    const { stdout } = await run(process.execPath, [program('startup.ts'), JSON.stringify(options)], { timeout: LIMIT_MS });
    const answer = JSON.parse(stdout) as StartUp;
    answers.push(answer);
    return answer.importMs + answer.initMs;
  });
  return {
    series: [series],
    rows: () => {
      const { module, threads } = answers[0]!;
      const importMs = median(answers.map((answer) => answer.importMs));
      return [{ module, threads, importMs, readyMs: median(series.values), readyMinMs: least(series.values) }];
    },
  };
}
