/** What the two hosts have in common. */
import type { Engine, InitOptions, ModuleName } from './protocol.ts';

/** How an engine is to start. */
export interface StartRequest {
  module: ModuleName;
  threads: number;
  maxMemory: number;
  wasm: InitOptions['wasm'];
}

/** An engine that can be ended, or has ended by itself. */
export interface RunningEngine extends Engine {
  /** Every further call rejects with `ENGINE_DIED`. */
  readonly dead: boolean;
  /** Ends it; pending calls reject with `ENGINE_DIED` and `reason`. */
  stop(reason: string): void;
}
