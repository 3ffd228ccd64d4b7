/**
 * Every claim about growth, run again: grown networks against fixed ones of the same size or cost, and against controls. See
 * `options.ts` for the command line.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../failure.ts';
import { machine } from '../machine.ts';
import { readOptions, type Options } from './options.ts';
import { figures } from './report/figures.ts';
import { asJson, asMarkdown, asText, studyOf, type Study } from './report/study.ts';
import { earlier } from './run/earlier.ts';
import { jobsOf } from './run/jobs.ts';
import { modulesHash } from './run/modules.ts';
import { recordsOf, type Part } from './run/part.ts';
import { dataName, type Job } from './run/plan.ts';
import { Progress } from './run/progress.ts';
import type { Refusal, Run } from './run/record.ts';
import { run } from './run/run.ts';
import { settingsOf } from './run/settings.ts';

const { version: cambium } = createRequire(import.meta.url)('cambium/package.json') as { version: string };
/** Folder of the figures, below that of STUDY.md. */
const FIGURES = 'docs/study';
/** Least milliseconds from one writing of `--json` to the next: every fit is written anew, and of tables a hundred are made in a second. */
const SAVE_EVERY = 30_000;
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Runs everything that was asked for and is in no earlier file, or what is done until an interrupt or an error. */
async function study(options: Options): Promise<Study> {
  const { quick, methods, sources } = options;
  const plan = { quick, methods, sources };
  const modules = modulesHash();
  const jobs = await jobsOf(plan, options);
  const known = await settingsOf(plan, new Set(jobs.map(({ subject }) => subject)));
  const parts = earlier(options.with, { cambium, modules }, known);
  const held = recordsOf(parts);
  const [runs, refusals] = [[] as Run[], [] as Refusal[]];
  const settings = Object.fromEntries(jobs.map(dataName).map((name) => [name, known[name]!]));
  const own: Part = { machine: machine(options.command, { cambium }), modules, settings, ended: 0, of: jobs.length, runs, refusals };
  let saved = 0;
  const save = (): void => {
    if (options.json !== undefined) replace(options.json, asJson(studyOf(own, parts)));
    saved = performance.now();
  };
  save();
  const progress = new Progress(plan, jobs, held, options.jobs);
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupt.abort(new Failure('interrupted')));
  const listener = {
    fit: (record: Run | Refusal) => {
      if ('reason' in record) refusals.push(record);
      else runs.push(record);
      progress.fit(record);
    },
    end: (job: Job) => {
      own.ended++;
      if (performance.now() - saved >= SAVE_EVERY) save();
      progress.end(job);
    },
  };
  // What is done should not be lost, whatever comes.
  await run(options.jobs, plan, jobs, held, listener, interrupt.signal).catch((error: Error) => {
    if (!interrupt.signal.aborted) {
      console.error(error.stack);
      process.exitCode = 1;
    }
    own.brokenOff = error.message;
  });
  save();
  return studyOf(own, parts);
}

/** Writes `file` so that there is the old one or the new one at every moment. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

/** STUDY.md in `folder`, and its figures below it. */
async function writeReport(done: Study, folder: string): Promise<void> {
  const drawn = figures(done.groups);
  await mkdir(join(folder, FIGURES), { recursive: true });
  for (const { file, svg } of drawn) await writeFile(join(folder, FIGURES, file), svg);
  await writeFile(join(folder, 'STUDY.md'), asMarkdown(done, drawn, FIGURES));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), root);
  const done = await study(options);
  console.log(asText(done));
  if (options.out !== undefined) await writeReport(done, options.out);
}

await main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
