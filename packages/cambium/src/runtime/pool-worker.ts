/** Entry of one worker of the thread pool. */
import { threadedBinding } from './binding.ts';
import { parent } from './platform.ts';
import type { FromPoolWorker, PoolStart } from './pool.ts';
import { causeOfDeath } from './wire.ts';

const channel = parent();
/** Loads while the engine starts. */
const loading = threadedBinding(() => Promise.reject(new Error('a pool worker starts no pool')));
channel.onMessage((message) => void work(message as PoolStart));

function post(message: FromPoolWorker): void {
  channel.post(message);
}

async function work({ module, memory, receiver }: PoolStart): Promise<void> {
  const binding = await loading;
  binding.initSync({ module, memory });
  post({ type: 'ready' });
  try {
    binding.wbg_rayon_start_worker(receiver);
  } catch (error) {
    post({ type: 'died', message: causeOfDeath(error, binding, memory) });
  }
}
