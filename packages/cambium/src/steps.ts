import type { Handle } from './handle.ts';
import type { FitPlan } from './runtime/protocol.ts';
import type { ChunkReport } from './runtime/reports.ts';

/** The steps of a fit whose plan has been checked. */
export interface Steps {
  /** Computes the next ones. */
  next(): Promise<ChunkReport>;
  /** Frees what they needed. */
  end(): Promise<void>;
}

/** Steps inside the engine, in chunks. Throws what `fitBegin` refuses. */
export async function engineSteps(handle: Handle, plan: FitPlan, train: number, valid: number | null): Promise<Steps> {
  const fit = await handle.call('fitBegin', plan, train, valid);
  return {
    next: () => handle.inTurn(() => handle.engine.call('fitChunk', fit)),
    // An engine that is gone has nothing left to free.
    end: () => handle.engine.call('fitEnd', fit).catch(() => {}),
  };
}
