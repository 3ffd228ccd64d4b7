/**
 * Speed, size and memory of Cambium beside others, as ratios within one run. See `options.ts` for the command line.
 *
 * All measurements go in turns, and each contender has a process of its own that it keeps. Compare figures of one run only.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { contend, dismiss, fastest } from './contenders.ts';
import { Failure } from './failure.ts';
import { Kernels } from './kernels.ts';
import { machine } from './machine.ts';
import { growth } from './measure/growth.ts';
import { memory } from './measure/memory.ts';
import { modules } from './measure/modules.ts';
import { conv, gemm } from './measure/speed.ts';
import { startUp } from './measure/startup.ts';
import { scaling, steps } from './measure/steps.ts';
import { features, scoring } from './measure/structure.ts';
import { readOptions, type Options } from './options.ts';
import { planOf } from './plan.ts';
import { asMarkdown, asText } from './report/report.ts';
import type { Results } from './results.ts';
import { inTurns, Series } from './rounds.ts';
import { least, NOISY, noise } from './statistics.ts';

/** Everything; the order of the series is the order of each round. */
async function measure({ quick, python, command }: Options): Promise<Results> {
  const plan = planOf(quick);
  const lines = await Promise.all(plan.lines.map((line) => Kernels.load(line)));
  const relaxed = lines[0]!;
  const contenders = await contend(python);

  const [fused, split] = [new Series(relaxed.peak('fused')), new Series(relaxed.peak('split'))];
  const two = new Series(relaxed.peakOfTwo());
  const [dense, images] = [gemm(lines, plan.dense), conv(lines, plan.conv)];
  const [scored, feature] = [scoring(relaxed, plan.networks), features(relaxed, plan.networks)];
  const step = await steps(plan, contenders);
  const grown = growth(plan, contenders.variants[0]!);
  const [worker, inline] = [startUp({}), startUp(fastest)];
  // The peak comes several times in a round, so that its best is as good a look at the machine as anything's.
  const inside = [fused, two, split, ...dense.series, fused, ...images.series, fused, ...scored.series, ...feature.series, fused, two];
  const outside = [...step.series, ...grown.series, fused, two, ...worker.series, ...inline.series];
  await inTurns([...inside, ...outside], plan.rounds);
  await dismiss(contenders);

  const peak = { fused: 1 / least(fused.values), split: 1 / least(split.values), fusedOfTwo: 1 / least(two.values) };
  // Differences of times and starts of processes are noisy on any machine.
  const steady = [...dense.series, ...images.series, ...scored.series, ...feature.series, ...step.series];
  const noises = steady.map(({ values }) => noise(values));
  const stepRows = step.rows(peak.fused);
  return {
    quick,
    machine: machine(command, contenders.versions),
    noise: { noisy: noises.filter((one) => one > NOISY).length, of: noises.length, worst: Math.max(...noises) },
    peak,
    gemm: dense.rows(peak.fused),
    conv: images.rows(peak.fused),
    steps: stepRows,
    growth: grown.rows(stepRows),
    scoring: scored.rows(stepRows),
    features: feature.rows(),
    scaling: scaling(stepRows, peak),
    modules: await modules(),
    startup: { worker: worker.rows()[0]!, inline: inline.rows()[0]! },
    memory: await memory(plan.memory, python),
  };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const results = await measure(options);
  console.log(asText(results));
  console.log(`in ${Math.round(performance.now() / 1000)} s`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  if (options.quick) return;
  const notes = await readFile(new URL('../notes.md', import.meta.url), 'utf8');
  await writeFile(new URL('../../../BENCHMARKS.md', import.meta.url), asMarkdown(results, notes));
}

await main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
