/** Entry of one worker of the thread pool. */
import { threadedBinding, type ThreadedBinding } from './binding.ts';
import { broadcast, parent } from './platform.ts';
import type { PoolStart } from './pool.ts';
import { causeOfDeath } from './wire.ts';

const channel = parent();
channel.onMessage((message) => void work(message as PoolStart));

async function work(start: PoolStart): Promise<void> {
  const binding = await threadedBinding(() => Promise.reject(new Error('a pool worker starts no pool')));
  binding.initSync({ module: start.module, memory: start.memory });
  channel.post('ready');
  serve(binding, start);
}

function serve(binding: ThreadedBinding, start: PoolStart): void {
  try {
    binding.wbg_rayon_start_worker(start.receiver);
  } catch (error) {
    const message = `a thread of the pool stopped: ${causeOfDeath(error, binding, start.memory)}`;
    broadcast(start.obituary).postMessage(message);
  }
}
