/**
 * Every claim about growth, run again: grown networks against fixed ones of the same size or cost, and against controls. See
 * `options.ts` for the command line.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../failure.ts';
import { machine } from '../machine.ts';
import { available, open } from './data/open.ts';
import { readOptions, type Options } from './options.ts';
import { comparisons } from './report/comparisons.ts';
import { figures } from './report/figures.ts';
import { goals } from './report/goals.ts';
import { groups } from './report/rows.ts';
import { asJson, asMarkdown, asText, type Study } from './report/study.ts';
import { subjectOf, type Job } from './run/plan.ts';
import { Progress } from './run/progress.ts';
import type { Refusal, Run } from './run/record.ts';
import { run } from './run/run.ts';
import type { SubjectName } from './subjects.ts';

const { version: cambium } = createRequire(import.meta.url)('cambium/package.json') as { version: string };
/** Folder of the figures, below that of STUDY.md. */
const FIGURES = 'docs/study';
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** All jobs, seed by seed, so that a study that is broken off has some of everything. */
function jobsOf(options: Options, names: readonly SubjectName[]): Job[] {
  const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);
  return seeds.flatMap((seed) =>
    options.settings.flatMap((setting) =>
      names.filter((name) => subjectOf(options, name).settings.includes(setting)).map((subject) => ({ subject, setting, seed })),
    ),
  );
}

/** Runs everything that was asked for, or what is done until an interrupt or an error. */
async function study(options: Options): Promise<Study> {
  const { quick, methods, sources } = options;
  const plan = { quick, methods, sources };
  const names = available(sources).filter((name) => options.only.includes(name));
  if (names.length === 0) throw new Failure('there are no files for any of the data sets that --only names: see --data and --wheel');
  // What is wrong with a file should not be found out hours later.
  await Promise.all(names.map((name) => open(name, sources)));
  const jobs = jobsOf(options, names);
  const [runs, refusals] = [[] as Run[], [] as Refusal[]];
  const progress = new Progress(plan, jobs);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort(new Failure('interrupted')));
  let ended = 0;
  const listener = {
    fit: (record: Run | Refusal) => {
      if ('reason' in record) refusals.push(record);
      else runs.push(record);
      progress.fit(record);
    },
    end: (job: Job) => {
      ended++;
      progress.end(job);
    },
  };
  // What is done should not be lost, whatever comes.
  const brokenOff = await run(options.jobs, plan, jobs, listener, interrupt.signal).then(
    () => undefined,
    (error: Error) => {
      if (!interrupt.signal.aborted) {
        console.error(error.stack);
        process.exitCode = 1;
      }
      return error.message;
    },
  );
  const grouped = groups(runs);
  const evidence = { groups: grouped, comparisons: comparisons(grouped) };
  return { machine: machine(options.command, { cambium }), ended, of: jobs.length, ...(brokenOff !== undefined && { brokenOff }), ...evidence, refusals, goals: goals(evidence) };
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
  if (options.json !== undefined) await writeFile(options.json, asJson(done));
  if (options.out !== undefined) await writeReport(done, options.out);
}

await main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
