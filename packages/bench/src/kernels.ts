/** The kernels alone, in a WebAssembly module that exports them to be timed. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { Failure } from './failure.ts';
import { program } from './peer.ts';
import { Sampler } from './sampler.ts';
import { forms, type ConvShape, type DenseShape, type Form } from './shapes.ts';

/** What the module exports. A function that prepares replaces what was prepared before. */
interface Exports {
  /** Fused multiply-adds in registers; what it returns only keeps the loop alive. */
  peak_fused(rounds: number): number;
  /** The same with a multiplication and an addition each. */
  peak_split(rounds: number): number;
  peak_flops_per_round(): number;
  /** 1 in the relaxed line, else 0. */
  relaxed(): number;
  gemm(form: number, rows: number, inputs: number, outputs: number): void;
  conv(form: number, images: number, side: number, inputs: number, outputs: number, stride: number): void;
  /** Adding and removing one feature on a hidden axis of a dense network, within its capacity. */
  feature(inputs: number, hidden1: number, hidden2: number, outputs: number, axis: number): void;
  /** Exact loss of `count` candidates on a batch of 100, half of them removals. */
  candidates(count: number, inputs: number, hidden1: number, hidden2: number, outputs: number, axis: number): void;
  /** Does what was prepared `repeats` times. */
  run(repeats: number): void;
  /** Floating-point operations of one repeat. */
  flops(): number;
  /** Weights that one repeat writes or moves. */
  weights(): number;
}

/** A network of four widths and one of its two hidden axes. */
export interface Axis {
  widths: readonly [number, number, number, number];
  axis: 0 | 1;
}

/** Which line of the modules. */
export type Line = 'simd128' | 'relaxed';

/** Work inside the module that can be timed. */
export interface Work {
  /** Makes its data anew. */
  prepare(): void;
  /** Microseconds of one repeat. */
  sample(): Promise<number>;
}

/** How long one sample lasts: long beside the clock's microseconds, short beside the scheduler's time slices. */
const SAMPLE_MS = 10;

/** One loaded module. */
export class Kernels {
  /** Which line of the modules it is. */
  readonly line: Line;
  readonly #module: WebAssembly.Module;
  readonly #exports: Exports;

  private constructor(line: Line, module: WebAssembly.Module, exports: Exports) {
    this.line = line;
    this.#module = module;
    this.#exports = exports;
  }

  /** Loads the module of that line. @throws Failure where it is not there */
  static async load(line: Line): Promise<Kernels> {
    const file = new URL(`../wasm/${line}.wasm`, import.meta.url);
    const bytes = await readFile(file).catch(() => {
      throw new Failure(`packages/bench/wasm/${line}.wasm is not there: npm run bench makes it`);
    });
    const { module, instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    if ((exports.relaxed() === 1) !== (line === 'relaxed')) throw new Failure(`packages/bench/wasm/${line}.wasm is of the other line: npm run build makes it anew`);
    return new Kernels(line, module, exports);
  }

  /** One form of a dense layer. */
  gemm(form: Form, { rows, inputs, outputs }: DenseShape): Work {
    return this.#work(() => this.#exports.gemm(forms.indexOf(form), rows, inputs, outputs));
  }

  /** One form of a 3x3 convolution. */
  conv(form: Form, { images, side, inputs, outputs, stride }: ConvShape): Work {
    return this.#work(() => this.#exports.conv(forms.indexOf(form), images, side, inputs, outputs, stride));
  }

  /** Adding and removing one feature. */
  feature({ widths, axis }: Axis): Work {
    return this.#work(() => this.#exports.feature(...widths, axis));
  }

  /** Exact scoring of `count` candidates. */
  candidates(count: number, { widths, axis }: Axis): Work {
    return this.#work(() => this.#exports.candidates(count, ...widths, axis));
  }

  /** Seconds of 10^9 operations, multiply-adds in registers. */
  peak(kind: 'fused' | 'split'): () => Promise<number> {
    const { peak_fused, peak_split, peak_flops_per_round } = this.#exports;
    const loop = kind === 'fused' ? peak_fused : peak_split;
    const sampler = new Sampler((rounds) => void loop(rounds));
    return async () => (1000 * (await sampler.sample(SAMPLE_MS))) / peak_flops_per_round();
  }

  /**
   * Seconds of 10^9 operations of two threads together, each as for `peak('fused')`. Two virtual cores may be one core of the
   * machine, with one set of multipliers.
   */
  peakOfTwo(): () => Promise<number> {
    const { peak_fused, peak_flops_per_round } = this.#exports;
    const other = new Worker(program('peak.ts'), { workerData: this.#module });
    other.unref();
    const sampler = new Sampler(async (rounds) => {
      other.postMessage(rounds);
      const done = once(other, 'message');
      peak_fused(rounds);
      await done;
    });
    return async () => (1000 * (await sampler.sample(SAMPLE_MS))) / (2 * peak_flops_per_round());
  }

  /** Floating-point operations of one repeat of what was prepared last. */
  get flops(): number {
    return this.#exports.flops();
  }

  /** Weights that one repeat of what was prepared last writes or moves. */
  get weights(): number {
    return this.#exports.weights();
  }

  #work(prepare: () => void): Work {
    const sampler = new Sampler((repeats) => this.#exports.run(repeats));
    return { prepare, sample: () => sampler.sample(SAMPLE_MS) };
  }
}
