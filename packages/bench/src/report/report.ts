/** The whole report. */
import type { Machine, Results } from '../results.ts';
import { NOISY } from '../statistics.ts';
import { bars } from './bars.ts';
import { features, growth, scoring } from './growth.ts';
import { origin } from './origin.ts';
import { memory, modules, startUp } from './package.ts';
import { markdown, text } from './render.ts';
import { percent, type Section } from './section.ts';
import { conv, gemm, peak } from './speed.ts';
import { others as rivals, scaling, steps } from './steps.ts';

/** More than this share of noisy measurements makes a noisy run: a few are on any machine. */
const NOISY_RUN = 0.1;

const tables = [peak, steps, rivals, scaling, growth, scoring, features, gemm, conv, startUp, modules, memory];

function sections(results: Results): Section[] {
  return tables.map((table) => table(results));
}

function others({ versions: { tfjs, torch } }: Machine): string[] {
  return [`TensorFlow.js ${tfjs}`, torch === undefined ? 'no PyTorch' : `PyTorch ${torch}`];
}

function noise({ noise: { noisy, of, worst } }: Results): string {
  const count = `${noisy} of ${of} measurements have a median more than ${percent(NOISY)} above their least; the worst ${percent(worst)}.`;
  return noisy / of > NOISY_RUN
    ? `NOISY: ${count} Something else was running: close it and repeat, or trust least times only.`
    : `Quiet enough: ${count}`;
}

/** For the terminal. */
export function asText(results: Results): string {
  return [...origin(results.machine, others(results.machine)), noise(results), '', ...[...sections(results), bars(results)].map(text)].join('\n');
}

/** For BENCHMARKS.md, with hand-written `notes` at the end. */
export function asMarkdown(results: Results, notes: string): string {
  const head = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`, except for the notes at the end. All figures are of one run in which every measurement was taken ' +
      'in turn, round after round, so that a slow minute of the machine hits all alike: compare figures of one run only.',
    '',
    ...origin(results.machine, others(results.machine)).map((line) => `- ${line}`),
    `- ${noise(results)}`,
    '',
  ];
  return [head.join('\n'), ...[bars(results), ...sections(results)].map(markdown), notes].join('\n');
}
