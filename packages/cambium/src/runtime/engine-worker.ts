/** Entry of the worker that hosts the engine. */
import { parent } from './platform.ts';
import type { PoolStart } from './pool.ts';
import { start, type EngineStart, type Started } from './start.ts';
import { refusal, toWire, type FromWorker, type ToWorker } from './wire.ts';

/** How long a call that was broken off, by a debugger for one, stays unnoticed. */
const WATCH_MS = 1_000;

const channel = parent();
let engine: Started | undefined;
let joined: () => void = () => {};
/** A call is one task, so no other task ever sees one under way, unless it was broken off. */
let underWay = false;
let watching = false;

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
    post({ type: 'stage', what: 'a lock by which its end is noticed' });
    await channel.watched;
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
  if (underWay) return brokenOff();
  watch();
  underWay = true;
  try {
    post({ type: 'result', id, value: engine.host.run(method, args) });
  } catch (thrown) {
    const refused = refusal(thrown);
    if (refused) post({ type: 'refused', id, error: toWire(refused) });
    else post({ type: 'died', message: engine.host.causeOfDeath(thrown) });
  }
  underWay = false;
}

/** Looks a while after a call whether it was broken off: that runs no `catch` and no `finally`, and another call may never come. */
function watch(): void {
  if (watching) return;
  watching = true;
  setTimeout(() => {
    watching = false;
    if (underWay) brokenOff();
  }, WATCH_MS);
}

function brokenOff(): void {
  post({ type: 'died', message: 'a call to the engine was broken off' });
}
