/** Files of earlier commands (`--with`): read, and refused where their numbers are not to be compared with ours. */
import { readFileSync } from 'node:fs';
import { Failure } from '../../failure.ts';
import { recordsOf, type Part } from './part.ts';
import { difference, type Settings } from './settings.ts';

/** The build that computes now. */
export interface Build {
  cambium: string;
  /** Hash of the engine's modules. */
  modules: string;
}

/** Everything that `files`, written by `--json`, hold: of this build, of the same `settings` (by the names of rows), and no split twice. */
export function earlier(files: readonly string[], build: Build, settings: Readonly<Record<string, Settings>>): Part[] {
  const read = files.map((file) => ({ file, parts: partsIn(file) }));
  const known = { ...settings };
  for (const { file, parts } of read) {
    for (const part of parts) {
      checkBuild(file, part, build);
      checkSettings(file, part, known);
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

/** The settings of `file`'s part have to be those that are `known`, where both tell them; what only the part tells is known then. */
function checkSettings(file: string, part: Part, known: Record<string, Settings>): void {
  for (const [data, theirs] of Object.entries(part.settings)) {
    const ours = known[data];
    if (!ours) throw new Failure(`--with ${file}: it has rows of ${data}, which is none of ${Object.keys(known).join('; ')}`);
    const other = difference(theirs, ours);
    if (other !== undefined) throw new Failure(`--with ${file}: its rows of ${data} were made with other settings: ${other}`);
    known[data] = { ...theirs, ...ours };
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
