/** Tables of the kernels alone. */
import type { ConvRow, GemmRow, Results, Speed } from '../results.ts';
import { forms, type Form } from '../shapes.ts';
import { figure, percent, type Section } from './section.ts';

const HEAD = forms.flatMap((form) => [`${form} GFLOP/s`, 'of peak']);

/** The peak. */
export function peak({ peak: { fused, split, fusedOfTwo } }: Results): Section {
  return {
    title: 'Peak',
    text:
      'Multiply-adds on vectors that stay in registers, in WebAssembly: what no kernel can pass. Fused is the relaxed module\'s ' +
      'fused multiply-add, split a multiplication and an addition each. Sampled all through the run; the best counts. Fractions of ' +
      'peak below are fractions of the fused one of one thread, on any number of threads, unless they say otherwise. Two threads ' +
      'run the same loop at once: where they reach less than twice as much, the system\'s cores share hardware.',
    head: ['kind', 'threads', 'GFLOP/s'],
    rows: [['fused', '1', figure(fused)], ['split', '1', figure(split)], ['fused', '2', figure(fusedOfTwo)]],
  };
}

/** Dense layers. */
export function gemm({ gemm: rows }: Results): Section {
  return {
    title: 'Dense layers alone',
    text:
      'Rows x inputs x outputs, on one thread, packing included: forward (outputs), weights (gradient by the weights) and inputs ' +
      '(gradient by the inputs). Speeds are of the least time.',
    head: ['module', 'shape', ...HEAD],
    rows: shapes(rows, ({ m, k, n }) => `${m}x${k}x${n}`),
  };
}

/** Convolutions. */
export function conv({ conv: rows }: Results): Section {
  return {
    title: '3x3 convolutions alone',
    text: 'As above, on batches of square images with padding `same`. Products with the padding are not counted.',
    head: ['module', 'plane, channels, stride', ...HEAD],
    rows: shapes(rows, ({ side, inputs, outputs, stride }) => `${side}x${side}, ${inputs} to ${outputs}, ${stride}`),
  };
}

/** One line for the three forms of each shape. */
function shapes<Row extends GemmRow | ConvRow>(rows: readonly Row[], name: (row: Row) => string): string[][] {
  const lines = new Map<string, { head: string[]; speeds: Map<Form, Speed> }>();
  for (const row of rows) {
    const head = [row.module, name(row)];
    const line = lines.get(head.join()) ?? { head, speeds: new Map<Form, Speed>() };
    lines.set(head.join(), line);
    line.speeds.set(row.form, row);
  }
  const cells = ({ gflops, fraction }: Speed) => [figure(gflops), percent(fraction)];
  return [...lines.values()].map(({ head, speeds }) => [...head, ...forms.flatMap((form) => cells(speeds.get(form)!))]);
}
