/** Starts the engine on the thread of the API. */
import { unlessEnded, type EndSignal } from '../ending.ts';
import { InlineEngine } from './inline-engine.ts';
import { compile } from './load.ts';
import { Pool } from './pool.ts';
import type { EngineInfo } from './start-options.ts';
import { noteMemory, type StartRequest } from './running.ts';
import { start } from './start.ts';

/** The engine on this thread, and its pool where there is one; the end of `given` ends the start. */
export async function startInline(request: StartRequest, info: EngineInfo, given: EndSignal): Promise<InlineEngine> {
  const { threads, maxMemory } = request;
  const pool = new Pool(threads - 1);
  try {
    const module = await compile(request.module, request.wasm, given);
    const { host, memoryBytes } = await unlessEnded(start({ module, threads, maxMemory }, (pooled) => pool.join(pooled), () => {}), given);
    noteMemory(info, maxMemory, memoryBytes);
    const engine = new InlineEngine(host, info, () => pool.terminate());
    pool.failure.catch((error: Error) => engine.stop(error.message));
    return engine;
  } catch (error) {
    pool.terminate();
    throw error;
  }
}
