/** A second thread does its share of the work. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Trains a network that is wide enough to be shared, and prints the processor time of each thread of the process. */
const program = `
  const { Dataset, DynamicDense, DynamicModel, adam, init } = await import('cambium');
  const { readdirSync, readFileSync } = await import('node:fs');
  await init({ host: 'inline', threads: Number(process.argv[1]) });
  const [rows, inputs, classes] = [1000, 256, 10];
  const x = Float32Array.from({ length: rows * inputs }, (_, i) => Math.sin(i));
  const data = await Dataset.from({ x, y: Uint32Array.from({ length: rows }, (_, i) => i % classes), shape: [inputs], classes });
  const layers = [new DynamicDense({ units: 256 }), new DynamicDense({ units: 256 }), new DynamicDense({ units: classes })];
  const model = await DynamicModel.create({ input: [inputs], layers, optimizer: adam({ learningRate: 1e-3 }), seed: 1 });
  const used = () => readdirSync('/proc/self/task').map((task) => {
    const fields = readFileSync('/proc/self/task/' + task + '/stat', 'utf8').split(') ').at(-1).split(' ');
    return [task, Number(fields[11]) + Number(fields[12])];
  });
  await model.fit(data, { epochs: 5, batchSize: 100 });
  const before = new Map(used());
  await model.fit(data, { epochs: 150, batchSize: 100 });
  console.log(JSON.stringify(used().map(([task, ticks]) => ticks - (before.get(task) ?? 0))));
  process.exit(0);
`;

/** Processor time of the two threads that used most, in the ticks of the system. */
function busiest(threads: number): [number, number] {
  const options = ['--input-type=module', '--eval', program, String(threads)];
  const ticks = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8', cwd: import.meta.dirname })) as number[];
  const [first = 0, second = 0] = ticks.sort((a, b) => b - a);
  return [first, second];
}

// What each thread of a process used is told by Linux alone.
it.runIf(process.platform === 'linux')('two threads share the work of a fit, one does it alone', { timeout: 120_000 }, () => {
  const [alone, none] = busiest(1);
  expect(alone).toBeGreaterThan(20);
  expect(none).toBeLessThan(alone / 4);
  const [leader, helper] = busiest(2);
  expect(helper).toBeGreaterThan(leader / 4);
});
