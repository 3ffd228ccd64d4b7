/** Entry of the worker that hosts the engine. */
import { parent } from './platform.ts';
import type { PoolStart } from './pool.ts';
import { start, type EngineStart, type Started } from './start.ts';
import { refusal, toWire, type FromWorker, type ToWorker } from './wire.ts';

const channel = parent();
let engine: Started | undefined;
let joined: () => void = () => {};

channel.onMessage((data) => {
  const message = data as ToWorker;
  switch (message.type) {
    case 'start':
      void begin(message.start);
      break;
    case 'joined':
      joined();
      break;
    case 'call':
      answer(message);
  }
});

function post(message: FromWorker): void {
  channel.post(message);
}

async function begin(request: EngineStart): Promise<void> {
  try {
    engine = await start(request, join, (what) => post({ type: 'stage', what }));
    post({ type: 'started', memoryBytes: engine.memoryBytes });
  } catch (error) {
    post({ type: 'failed', error: toWire(error) });
  }
}

/** The pool is held by the thread of the API, which gives up on this worker if the pool fails. */
function join(pool: PoolStart): Promise<void> {
  return new Promise((resolve) => {
    joined = resolve;
    post({ type: 'join', start: pool });
  });
}

function answer({ id, method, args }: Extract<ToWorker, { type: 'call' }>): void {
  if (!engine) return post({ type: 'died', message: 'a call came before the engine had started' });
  try {
    post({ type: 'result', id, value: engine.host.run(method, args) });
  } catch (thrown) {
    const refused = refusal(thrown);
    if (refused) post({ type: 'refused', id, error: toWire(refused) });
    else post({ type: 'died', message: engine.host.causeOfDeath(thrown) });
  }
}
