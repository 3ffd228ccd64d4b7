/** Files of earlier commands (`--with`): read, and refused where their numbers are not to be compared with ours. */
import { readFileSync } from 'node:fs';
import { Failure } from '../../failure.ts';
import type { Job, Plan } from './plan.ts';
import { dataName } from './plan.ts';
import { recordsOf, type Part } from './part.ts';
import { difference, settingsOf } from './settings.ts';
import { settings, subjects } from '../subjects.ts';

/** The build that computes now. */
export interface Build {
  cambium: string;
  /** Hash of the engine's modules. */
  modules: string;
}

/** Everything that `files`, written by `--json`, hold: of this build, of the plan's settings, and no split twice. */
export function earlier(files: readonly string[], build: Build, plan: Plan): Part[] {
  const read = files.map((file) => ({ file, parts: partsIn(file) }));
  for (const { file, parts } of read) {
    for (const part of parts) {
      checkBuild(file, part, build);
      checkSettings(file, part, plan);
    }
  }
  checkOnce(read);
  return read.flatMap(({ parts }) => parts);
}

function partsIn(file: string): Part[] {
  try {
    const { parts } = JSON.parse(readFileSync(file, 'utf8')) as { parts?: Part[] };
    if (!Array.isArray(parts)) throw new Error('it has no "parts", so --json of this version has not written it');
    return parts;
  } catch (error) {
    throw new Failure(`--with ${file}: ${(error as Error).message}`);
  }
}

function checkBuild(file: string, { machine, modules }: Part, build: Build): void {
  const { cambium } = machine.versions;
  if (cambium === build.cambium && modules === build.modules) return;
  throw new Failure(
    `--with ${file}: it was made by Cambium ${cambium} with the modules ${modules}, here is Cambium ${build.cambium} with the modules ${build.modules}: ` +
      'scores of two builds do not belong in one report; run it again, or build what it was made by',
  );
}

function checkSettings(file: string, part: Part, plan: Plan): void {
  const jobs = new Map(subjects.flatMap(({ name: subject }) => settings.map((setting) => [dataName({ subject, setting }), { subject, setting }])));
  for (const [data, theirs] of Object.entries(part.settings)) {
    const job: Pick<Job, 'subject' | 'setting'> | undefined = jobs.get(data);
    if (!job) throw new Failure(`--with ${file}: it has rows of ${data}, which is none of ${[...jobs.keys()].join('; ')}`);
    const other = difference(theirs, settingsOf(plan, job));
    if (other !== undefined) throw new Failure(`--with ${file}: its rows of ${data} were made with other settings: ${other}`);
  }
}

/** A file that was written `--with` another holds that one's splits too: then only one of them is to be named. */
function checkOnce(read: readonly { file: string; parts: readonly Part[] }[]): void {
  const holders = new Map<string, string>();
  for (const { file, parts } of read) {
    for (const { data, seed } of recordsOf(parts)) {
      const split = `${data}, seed ${seed}`;
      const other = holders.get(split);
      if (other !== undefined && other !== file) throw new Failure(`--with: both ${other} and ${file} have ${split}: name one of them (a file that was written --with another holds that one's fits too)`);
      holders.set(split, file);
    }
  }
}
