/** Kernels alone: dense layers and convolutions in all three forms. */
import type { Kernels, Line, Work } from '../kernels.ts';
import type { ConvRow, GemmRow, Speed } from '../results.ts';
import { Series } from '../rounds.ts';
import { forms, type ConvShape, type DenseShape, type Form } from '../shapes.ts';
import { least, median } from '../statistics.ts';
import type { Measurement } from './measurement.ts';

/** Dense layers; the rows need the peak in GFLOP/s. */
export function gemm(modules: readonly Kernels[], shapes: readonly DenseShape[]): Measurement<GemmRow, number> {
  const name = ({ rows, inputs, outputs }: DenseShape) => ({ m: rows, k: inputs, n: outputs });
  return speeds(modules, shapes, name, (kernels, form, shape) => kernels.gemm(form, shape));
}

/** Convolutions; the rows need the peak in GFLOP/s. */
export function conv(modules: readonly Kernels[], shapes: readonly ConvShape[]): Measurement<ConvRow, number> {
  const name = ({ images, side, inputs, outputs, stride }: ConvShape) => ({ images, side, inputs, outputs, stride });
  return speeds(modules, shapes, name, (kernels, form, shape) => kernels.conv(form, shape));
}

function speeds<Shape, Name>(
  modules: readonly Kernels[],
  shapes: readonly Shape[],
  name: (shape: Shape) => Name,
  work: (kernels: Kernels, form: Form, shape: Shape) => Work,
): Measurement<{ module: Line; form: Form } & Name & Speed, number> {
  const cases = modules.flatMap((kernels) =>
    shapes.flatMap((shape) =>
      forms.map((form) => {
        const head = { module: kernels.line, form, ...name(shape) };
        return { head, ...speed(kernels, work(kernels, form, shape)) };
      }),
    ),
  );
  return { series: cases.map((one) => one.series), rows: (peak) => cases.map(({ head, of }) => ({ ...head, ...of(peak) })) };
}

/** `work` in turns, and its speed. */
function speed(kernels: Kernels, work: Work): { series: Series; of: (peak: number) => Speed } {
  let flops = 0;
  const series = new Series(() => {
    work.prepare();
    flops = kernels.flops;
    return work.sample();
  });
  const gflops = (us: number): number => flops / us / 1000;
  const of = (peak: number): Speed => ({
    gflops: gflops(least(series.values)),
    medianGflops: gflops(median(series.values)),
    fraction: gflops(least(series.values)) / peak,
  });
  return { series, of };
}
