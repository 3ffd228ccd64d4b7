/** Entry of one worker of the thread pool. */
import { threadedBinding, type ThreadedBinding } from './binding.ts';
import { instantiate } from './build.ts';
import { parent } from './platform.ts';
import type { FromPoolWorker, PoolStart } from './pool.ts';
import { causeOfDeath } from './wire.ts';

const channel = parent();
/** Loads while the engine starts; a failure is told when it is used. */
const loading = threadedBinding(() => Promise.reject(new Error('a pool worker starts no pool')));
loading.catch(() => {});
channel.onMessage((message) => void work(message as PoolStart));

function post(message: FromPoolWorker): void {
  channel.post(message);
}

async function work({ module, memory, receiver }: PoolStart): Promise<void> {
  try {
    const [binding] = await Promise.all([loading, channel.watched]);
    instantiate(binding, module, memory);
    post({ type: 'ready' });
    live(binding, memory, receiver);
  } catch (error) {
    post({ type: 'died', message: error instanceof Error ? error.message : String(error) });
  }
}

function live(binding: ThreadedBinding, memory: WebAssembly.Memory, receiver: number): void {
  // This thread comes to another task only if its work is broken off, by a debugger for one, which runs no `catch`.
  setTimeout(() => post({ type: 'died', message: 'its work was broken off' }));
  try {
    binding.wbg_rayon_start_worker(receiver);
  } catch (error) {
    post({ type: 'died', message: causeOfDeath(error, binding, memory) });
  }
}
