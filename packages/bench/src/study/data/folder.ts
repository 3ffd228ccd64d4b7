/** Files in the folder that `--data` names. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Dataset } from 'cambium';
import { Failure } from '../../failure.ts';

/** Rows of a data set that is larger are drawn by this seed. */
const DRAW_SEED = 1;

/** Paths of the files in `folder` whose names match `pattern`, in order. */
export function filesIn(folder: string, pattern: RegExp): string[] {
  try {
    const names = readdirSync(folder).filter((name) => pattern.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw new Failure(`--data: ${(error as Error).message}`);
  }
}

/** At most `count` rows of `all`, always the same ones. */
export function drawn(all: Dataset, count: number): Dataset {
  return all.rows <= count ? all : all.split([count / all.rows], DRAW_SEED)[0];
}
