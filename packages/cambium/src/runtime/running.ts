/** What the two hosts have in common. */
import { CambiumError } from '../errors.ts';
import type { Engine } from './protocol.ts';
import type { EngineInfo, InitOptions, ModuleName } from './start-options.ts';

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

/** Notes in `info` how much memory was reserved, and that it is less than `wanted` where it is. */
export function noteMemory(info: EngineInfo, wanted: number, reserved: number): void {
  info.memoryBytes = reserved;
  // The maximum is halved until it can be had.
  if (reserved <= wanted / 2) info.reasons.push(`memory: ${reserved} bytes instead of ${wanted}, because more cannot be reserved here`);
}
