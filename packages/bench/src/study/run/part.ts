/** What one command has made, as a file holds it and as other commands take it over. */
import type { Machine } from '../../results.ts';
import type { Refusal, Run } from './record.ts';
import type { Settings } from './settings.ts';

/** The fits of one command. */
export interface Part {
  /** Where, when and by which command and version. */
  machine: Machine<object>;
  /** Hash of the engine's modules. */
  modules: string;
  /** What its rows were trained with, by their names: see `run/settings.ts`. */
  settings: Readonly<Record<string, Settings>>;
  /** Jobs that ended, of all that were asked for. */
  ended: number;
  of: number;
  /** Why not all of them ended, where that was told. */
  brokenOff?: string;
  runs: readonly Run[];
  refusals: readonly Refusal[];
}

/** Every record of the parts. */
export function recordsOf(parts: readonly Part[]): (Run | Refusal)[] {
  return parts.flatMap(({ runs, refusals }) => [...runs, ...refusals]);
}
