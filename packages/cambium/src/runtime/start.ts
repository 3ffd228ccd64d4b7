/** Starts the engine on the thread that calls. */
import { singleBinding, threadedBinding, type Binding } from './binding.ts';
import { instantiate } from './build.ts';
import { EngineHost } from './host.ts';
import { reserveMemory } from './load.ts';
import type { PoolStart } from './pool.ts';

/** What the engine is started with. */
export interface EngineStart {
  module: WebAssembly.Module;
  threads: number;
  maxMemory: number;
}

/** The engine on this thread. */
export interface Started {
  host: EngineHost;
  /** Most memory it may take. */
  memoryBytes: number;
}

/** Lets the workers of the pool join, and waits for them. */
type Join = (start: PoolStart) => Promise<void>;

/**
 * Reserves the module's memory, starts it, and lets the pool join. `stage` is told what comes next, for the message of a
 * start that takes too long.
 */
export async function start({ module, threads, maxMemory }: EngineStart, join: Join, stage: (what: string) => void): Promise<Started> {
  stage('loading the JavaScript part of the module');
  const { memory, bytes } = reserveMemory(maxMemory, threads > 1);
  const binding = await (threads > 1 ? startThreads() : startSingle());
  return { host: new EngineHost(binding, memory, threads), memoryBytes: bytes };

  async function startSingle(): Promise<Binding> {
    const binding = await singleBinding();
    instantiate(binding, module, memory);
    return binding;
  }

  async function startThreads(): Promise<Binding> {
    const binding = await threadedBinding(async (module, memory, builder) => {
      await join({ module, memory, receiver: builder.receiver() });
      builder.build();
    });
    instantiate(binding, module, memory);
    // The thread that calls the engine works too.
    const workers = threads - 1;
    stage(`starting ${workers} pool workers`);
    await binding.initThreadPool(workers);
    return binding;
  }
}
