/** The process that measures Cambium: one build of the engine, on one number of threads, inline. */
import { createRequire } from 'node:module';
import { init, shutdown } from 'cambium';
import { engine } from '../../../cambium/dist/runtime/engine.js';
import type { Network } from '../networks.ts';
import type { Start } from '../protocol.ts';
import { Growth } from './growth.ts';
import { serve } from './serve.ts';
import { Training } from './training.ts';

const { version } = createRequire(import.meta.url)('cambium/package.json') as { version: string };
const info = await init(JSON.parse(process.argv[2]!) as Start);
const trainings = new Map<string, Training>();
const growths = new Map<string, Growth>();

async function kept<T>(map: Map<string, T>, net: Network, make: (net: Network) => Promise<T>): Promise<T> {
  const one = map.get(net.name) ?? (await make(net));
  map.set(net.name, one);
  return one;
}

await serve({
  info: async () => ({ version, module: info.module, threads: info.threads }),
  step: async ({ net, milliseconds }) => ({ us: await (await kept(trainings, net, Training.of)).step(milliseconds) }),
  event: async ({ net, milliseconds }) => (await kept(growths, net, Growth.of)).event(milliseconds),
  change: async ({ net, milliseconds }) => ({ us: await (await kept(growths, net, Growth.of)).change(milliseconds) }),
  memory: async () => ({
    process: 1024 * process.resourceUsage().maxRSS,
    engine: (await (await engine()).call('memory')).bytes,
  }),
});
await shutdown();
