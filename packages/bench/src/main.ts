/**
 * Times of a training step and of a growth step, for every module and 1 and 2 threads.
 *
 *     npm run bench -- [--repeats 7]
 *
 * Repeats go round all variants in turn, so that a slow minute of the machine hits all of them alike. Compare figures of one
 * run only. The engine runs inline: what is measured is the engine, not the messages of a worker.
 */
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { init, shutdown, type ModuleName } from 'cambium';
import { growthStep, trainingData, trainingStep } from './measure.ts';
import { BATCH, multiplyAdds, networks, type Network } from './networks.ts';
import { median, noise } from './statistics.ts';
import { table } from './table.ts';

interface Row {
  network: Network;
  module: ModuleName;
  threads: number;
  training: number[];
  growth: number[];
}

/** A median this far above the minimum means that something else was running. */
const NOISY = 0.15;

const variants = (['portable', 'fast'] as const).flatMap((numerics) => [1, 2].map((threads) => ({ numerics, threads })));

async function measure(repeats: number): Promise<Row[]> {
  const rows = new Map<string, Row>();
  const sets = await Promise.all(networks.map(trainingData));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const options of variants) {
      const { module, threads, reasons } = await init({ ...options, host: 'inline' });
      if (threads !== options.threads && repeat === 0) console.warn(reasons.join('; '));
      for (const [n, network] of networks.entries()) {
        const key = `${network.name} ${module}`;
        const row = rows.get(key) ?? { network, module, threads, training: [], growth: [] };
        rows.set(key, row);
        row.training.push(await trainingStep(network, sets[n]!));
        row.growth.push(await growthStep(network));
      }
    }
    process.stderr.write(`\rround ${repeat + 1} of ${repeats}`);
  }
  await shutdown();
  process.stderr.write('\n');
  return [...rows.values()].sort((a, b) => networks.indexOf(a.network) - networks.indexOf(b.network));
}

function print(rows: readonly Row[]): void {
  const both = (values: number[]): string[] => [median(values), Math.min(...values)].map((value) => value.toFixed(0));
  const head = ['network', 'module', 'threads', 'training us', 'least', 'GFLOP/s', 'growth us', 'least'];
  const body = rows.map(({ network, module, threads, training, growth }) => {
    const speed = (2 * multiplyAdds(network)) / Math.min(...training) / 1000;
    return [network.name, module, `${threads}`, ...both(training), speed.toFixed(2), ...both(growth)];
  });
  console.log(table(head, body));
  const worst = Math.max(...rows.flatMap((row) => [noise(row.training), noise(row.growth)]));
  if (worst > NOISY) console.log(`\nNoisy: a median lies ${(100 * worst).toFixed(0)} % above its minimum. Close other programs and repeat.`);
}

const { values } = parseArgs({ options: { repeats: { type: 'string', default: '7' } } });
const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${gibibytes(freemem())} of ${gibibytes(totalmem())} free, load ${loadavg()[0]!.toFixed(2)}`);
console.log(`Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}, ${new Date().toISOString().slice(0, 10)}`);
console.log(`Microseconds at batch ${BATCH}: median and least of ${values.repeats} repeats\n`);
print(await measure(Number(values.repeats)));
