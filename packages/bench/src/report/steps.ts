/** Tables of training steps. */
import { BATCH } from '../networks.ts';
import type { Results } from '../results.ts';
import { figure, percent, type Section } from './section.ts';

const both = (median: number | undefined, least: number | undefined): string[] => [figure(median), figure(least)];

/** Cambium's steps. */
export function steps({ steps: rows }: Results): Section {
  return {
    title: 'Training steps',
    text:
      `Microseconds of a whole step at batch ${BATCH}: gathering the batch, forward, backward and Adam, by \`fit\` with the engine ` +
      'inline. The operations that count for the fraction of peak are those of the products, without Adam\'s.',
    head: ['network', 'module', 'threads', 'median us', 'least us', 'of peak'],
    rows: rows.map(({ net, module, threads, cambiumUs, cambiumMinUs, fractionOfPeak }) => [
      ...[net, module, `${threads}`],
      ...both(cambiumUs, cambiumMinUs),
      percent(fractionOfPeak),
    ]),
  };
}

/** The others' steps. */
export function others({ steps: rows, machine: { versions } }: Results): Section {
  const own = rows.filter(({ module }) => module === 'relaxed' || module === 'relaxed-threads');
  const nets = [...new Set(own.map(({ net }) => net))].map((net) => own.filter((row) => row.net === net));
  const errors = new Set(rows.flatMap(({ tfjsError }) => tfjsError ?? []));
  const torch = rows.some(({ torchUs }) => torchUs !== undefined);
  const [threads] = rows.flatMap(({ torchThreads }) => torchThreads ?? []);
  const text = [
    `Microseconds of a step on the same networks in the same run, in turns; least times after the medians. TensorFlow.js ${versions.tfjs} `,
    'runs on its WebAssembly backend with SIMD, on one thread as always in Node. ',
    torch ? `PyTorch ${versions.torch} runs eagerly with fused Adam. ` : 'PyTorch was not measured (`--torch` does). ',
    'Both have their batch in tensors already. Times faster: least times, Cambium on two threads. A dash: not measured. ',
    ...[...errors].map((error) => `Where it says "cannot", TensorFlow.js says: ${error}. `),
  ].join('').trim();
  const pytorch = torch ? [`PyTorch, ${threads} threads`, 'least', 'times faster', 'PyTorch, 1 thread', 'least'] : [];
  return {
    title: 'Others',
    text,
    head: ['network', 'Cambium, 1 thread', 'least', 'Cambium, 2 threads', 'least', 'TensorFlow.js', 'least', 'times faster', ...pytorch],
    rows: nets.map(([one, two]) => {
      const faster = (least: number | undefined) => figure(least && least / two!.cambiumMinUs);
      return [
        one!.net,
        ...both(one!.cambiumUs, one!.cambiumMinUs),
        ...both(two!.cambiumUs, two!.cambiumMinUs),
        ...(one!.tfjsError === undefined ? both(one!.tfjsUs, one!.tfjsMinUs) : ['cannot', '-']),
        faster(one!.tfjsMinUs),
        ...(torch ? [...both(one!.torchUs, one!.torchMinUs), faster(one!.torchMinUs)] : []),
        ...(torch ? both(one!.torchOneThreadUs, one!.torchOneThreadMinUs) : []),
      ];
    }),
  };
}

/** Two threads against one. */
export function scaling({ scaling: rows, peak }: Results): Section {
  return {
    title: 'Two threads against one',
    text:
      `Least times of a step, and the ratio of the medians, in which two threads lose more than one wherever a core is taken away: they wait for each other. Steps that are too small to be shared stay on one thread. The multiply-adds of two threads at once have ` +
      `${(peak.fusedOfTwo / peak.fused).toFixed(2)} times the peak of one here; of that, what both threads reach together.`,
    head: ['network', 'module', 'one us', 'two us', 'ratio', 'of medians', 'of peak of two'],
    rows: rows.map((row) => [
      ...[row.net, row.module, figure(row.oneThreadUs), figure(row.twoThreadsUs), `${row.ratio.toFixed(2)}x`, `${row.medianRatio.toFixed(2)}x`],
      percent(row.fractionOfPeak),
    ]),
  };
}
