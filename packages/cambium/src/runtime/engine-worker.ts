/** Entry of the worker that hosts the engine. */
import { parent } from './platform.ts';
import { start, type Started } from './start.ts';
import { refusal, toWire, type FromWorker, type ToWorker } from './wire.ts';

const channel = parent();
let engine: Started | undefined;

channel.onMessage((data) => {
  const message = data as ToWorker;
  if (message.type === 'call') answer(message);
  else void begin(message);
});

function post(message: FromWorker): void {
  channel.post(message);
}

async function begin(message: Extract<ToWorker, { type: 'start' }>): Promise<void> {
  try {
    engine = await start(message.request, (what) => post({ type: 'stage', what }));
    post({ type: 'started', memoryBytes: engine.memoryBytes });
  } catch (error) {
    post({ type: 'failed', error: toWire(error) });
  }
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
