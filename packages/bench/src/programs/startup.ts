/** A fresh process that starts the engine and says how long that took. */
import { performance } from 'node:perf_hooks';
import type { Start, StartUp } from '../protocol.ts';

const start = performance.now();
const { init, shutdown } = await import('cambium');
const loaded = performance.now();
const { module, threads } = await init(JSON.parse(process.argv[2]!) as Start);
const ready = performance.now();
const times: StartUp = { importMs: loaded - start, initMs: ready - loaded, module, threads };
process.stdout.write(JSON.stringify(times));
await shutdown();
