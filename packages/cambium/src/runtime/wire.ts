/** Messages between the thread of the API and the engine's worker, and errors on the way. */
import { CambiumError, type ErrorCode } from '../errors.ts';
import type { Binding } from './binding.ts';
import type { PoolStart } from './pool.ts';
import type { Method, WireError } from './protocol.ts';
import type { EngineStart } from './start.ts';

/** To the worker. `joined` answers `join`. */
export type ToWorker =
  | { type: 'start'; start: EngineStart }
  | { type: 'joined' }
  | { type: 'call'; id: number; method: Method; args: unknown[] };

/** From the worker. `died` ends everything; `stage` says what the start is waiting for; `join` is for the pool. */
export type FromWorker =
  | { type: 'join'; start: PoolStart }
  | { type: 'stage'; what: string }
  | { type: 'started'; memoryBytes: number }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'refused'; id: number; error: WireError }
  | { type: 'failed'; error: WireError }
  | { type: 'died'; message: string };

/** The error as it stands in a message. */
export function toWire(error: unknown): WireError {
  if (error instanceof CambiumError) return { code: error.code, message: error.message };
  return { code: 'LOAD_FAILED', message: error instanceof Error ? error.message : String(error) };
}

/** The error out of a message. */
export function fromWire(error: WireError): CambiumError {
  return new CambiumError(error.code as ErrorCode, error.message);
}

/** The refusal that a string thrown by the module stands for, or undefined for any other thing thrown. */
export function refusal(thrown: unknown): CambiumError | undefined {
  if (thrown instanceof CambiumError) return thrown;
  return typeof thrown === 'string' ? fromWire(JSON.parse(thrown) as WireError) : undefined;
}

/**
 * What stopped the module: the message of its panic if there was one, else what JavaScript says of the trap and how
 * much memory there was: a copy into a full memory traps without a word.
 */
export function causeOfDeath(thrown: unknown, binding: Binding, memory: WebAssembly.Memory): string {
  const trap = thrown instanceof Error ? thrown.message : String(thrown);
  const stopped = `the engine stopped (${trap}) with ${memory.buffer.byteLength} bytes of memory`;
  try {
    return binding.panicMessage() ?? stopped;
  } catch {
    return stopped;
  }
}
