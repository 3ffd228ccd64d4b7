/** What the two hosts have in common. */
import { CambiumError } from '../errors.ts';
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
  /** Ends it; pending calls reject with `ENGINE_DIED` and `reason`. */
  stop(reason: string): void;
}

/** The error of all calls to an engine that has ended because of `cause`. */
export function engineDied(cause: string): CambiumError {
  return new CambiumError('ENGINE_DIED', `${cause}. Its models are lost; create or load them again, which starts a new engine`);
}
