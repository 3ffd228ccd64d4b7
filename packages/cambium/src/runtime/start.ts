/** Starts the engine on the thread that calls. */
import { singleBinding, threadedBinding, type Binding } from './binding.ts';
import { EngineHost } from './host.ts';
import { compile, reserveMemory } from './load.ts';
import { Pool } from './pool.ts';
import type { StartRequest } from './wire.ts';

/** The engine on this thread. */
export interface Started {
  host: EngineHost;
  /** Most memory it may take. */
  memoryBytes: number;
  /** Ends the pool's workers. */
  stop(): void;
}

/**
 * Loads the module, reserves its memory, starts its pool. `stage` is told what comes next, for the message of a start
 * that takes too long.
 */
export async function start(request: StartRequest, stage: (what: string) => void): Promise<Started> {
  stage(`reading and compiling the module ${request.module}`);
  const module = await compile(request.module, request.wasm);
  stage('loading the JavaScript part of the module');
  const pool = new Pool(request.obituary);
  const several = request.threads > 1;
  const { memory, bytes } = reserveMemory(request.maxMemory, several);
  const binding = several ? await startThreads(module, memory, pool, request.threads, stage) : await singleBinding();
  if (!several) binding.initSync({ module, memory });
  return { host: new EngineHost(binding, memory, request.threads), memoryBytes: bytes, stop: () => pool.terminate() };
}

async function startThreads(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  pool: Pool,
  threads: number,
  stage: (what: string) => void,
): Promise<Binding> {
  const binding = await threadedBinding(pool.start);
  binding.initSync({ module, memory });
  stage(`starting ${threads - 1} pool workers`);
  try {
    // The thread that calls the engine works too.
    await binding.initThreadPool(threads - 1);
  } catch (error) {
    pool.terminate();
    throw error;
  }
  return binding;
}
