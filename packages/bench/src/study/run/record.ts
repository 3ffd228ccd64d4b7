/** What is kept of one fit. */
import type { Control } from '../rivals/controls.ts';
import type { Outcome } from '../rivals/fit.ts';
import type { Job } from './plan.ts';

/** One fit of one rival. */
export interface Run extends Outcome {
  /** Data set and setting. */
  data: string;
  seed: number;
  /** `fixed`, or the method that grew the network or whose network this is a control of. */
  method: string;
  /** What was allowed, for methods that take a budget. */
  budget?: number;
  /** Which control of what `method` found. */
  control?: Control;
}

/** Why a method could not be run. */
export interface Refusal {
  data: string;
  seed: number;
  method: string;
  budget?: number;
  reason: string;
}

/** Who hears of what has been done. */
export interface Listener {
  /** A fit has ended, or could not be made. */
  fit(record: Run | Refusal): void;
  /** All fits of a job have ended. */
  end(job: Job): void;
}
