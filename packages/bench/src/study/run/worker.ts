/** A process that runs jobs for the one that asks: a plan first, then one job after the other. */
import { init, shutdown } from 'cambium';
import { Known } from './known.ts';
import type { Plan } from './plan.ts';
import type { Order } from './processes.ts';
import { runSeed } from './seed.ts';

// An interrupt from the keyboard reaches this process too; the one that asks decides what to do.
process.on('SIGINT', () => {});
await init({ threads: 1, host: 'inline' });
const plan = JSON.parse(process.argv[2]!) as Plan;
const never = new AbortController().signal;
const send = (message: object) => new Promise<void>((sent) => process.send!(message, undefined, {}, () => sent()));
process.on('message', async ({ job, held }: Order) => {
  try {
    for await (const record of runSeed(plan, job, new Known(held), never)) await send({ record });
    await send({ done: true });
  } catch (error) {
    await send({ failed: (error as Error).message });
  }
});
process.on('disconnect', () => shutdown().then(() => process.exit()));
