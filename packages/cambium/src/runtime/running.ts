/** What the two hosts have in common. */
import type { Engine } from './protocol.ts';

/** An engine that can be ended, or has ended by itself. */
export interface RunningEngine extends Engine {
  /** Every further call rejects with `ENGINE_DIED`. */
  readonly dead: boolean;
  /** Ends it; pending calls reject with `ENGINE_DIED` and `reason`. */
  stop(reason: string): void;
}
