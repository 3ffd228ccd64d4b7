/** What there is to do, and in which order. */
import { Failure } from '../../failure.ts';
import { available, open } from '../data/open.ts';
import type { Setting, SubjectName } from '../subjects.ts';
import { subjectOf, type Job, type Plan } from './plan.ts';

/** What was asked for, where there are files for it. */
export interface Wish {
  only: readonly SubjectName[];
  settings: readonly Setting[];
  /** How many, and the first of them. */
  seeds: number;
  firstSeed: number;
}

/** All jobs, seed by seed, so that a study that is broken off has some of everything. Reads the data sets' files. */
export async function jobsOf(plan: Plan, { only, settings, seeds, firstSeed }: Wish): Promise<Job[]> {
  const names = available(plan.sources).filter((name) => only.includes(name));
  if (names.length === 0 && only.length > 0) throw new Failure('there are no files for any of the data sets that --only names: see --data and --wheel');
  // What is wrong with a file should not be found out hours later.
  await Promise.all(names.map((name) => open(name, plan.sources)));
  return Array.from({ length: seeds }, (_, i) => firstSeed + i).flatMap((seed) =>
    settings.flatMap((setting) =>
      names.filter((name) => subjectOf(plan, name).settings.includes(setting)).map((subject) => ({ subject, setting, seed })),
    ),
  );
}
