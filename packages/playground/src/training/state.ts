import type { EngineInfo, EpochLog } from 'cambium';
import type { BuiltIn, Task } from '../data/task.ts';
import type { Change } from './changes.ts';
import type { Curve } from './curve.ts';
import type { Structure } from './structure.ts';

/** The two parameters of the method. */
export interface Settings {
  updatesPerEpoch: number;
  weightPenalty: number;
}

/** A look at the model between two steps. */
export interface Snapshot {
  /** Which units the weights lie between. */
  structure: Structure;
  /** Weights of each layer, inputs x outputs. */
  weights: readonly Float32Array[];
  /** Outputs for the rows of the task's picture, row by row. */
  outputs?: Float32Array;
}

/** One model and what has happened to it. */
export interface Run {
  task: Task;
  structure: Structure;
  weightCount: number;
  snapshot: Snapshot;
  curve: Curve;
  /** The last epoch that ended; numbers from 0 for the whole run. */
  last?: EpochLog;
  changes: readonly Change[];
  counts: { kept: number; undone: number; blocked: number };
}

/** Everything the page shows. It is replaced, never changed: views compare its parts by identity. */
export interface State {
  phase: 'loading' | 'paused' | 'running' | 'failed';
  /** What happened last, in a sentence. */
  message: string;
  /** What went wrong, and what can be done. */
  error?: string | undefined;
  source: BuiltIn | 'csv';
  settings: Settings;
  engine?: EngineInfo;
  run?: Run;
}

/** Before anything is loaded. */
export const initialState: State = {
  phase: 'loading',
  message: 'Starting the engine.',
  source: 'digits',
  settings: { updatesPerEpoch: 0, weightPenalty: 0 },
};
