/** What this JavaScript engine can do, found by trying. */
import { afterCompile } from './load-failure.ts';

/** The findings that decide which module runs and how. */
export interface Probes {
  /** WebAssembly SIMD with 128 bits. */
  simd: boolean;
  /** The relaxed SIMD instructions compile. */
  relaxed: boolean;
  /** `relaxed_madd` rounds once: it is a fused multiply-add. */
  fused: boolean;
  /** Memory can be shared between threads. */
  sharedMemory: boolean;
  /** Logical cores. */
  cores: number;
  /** Workers can be started. */
  workers: boolean;
  /** This thread may block while it waits for others; the main thread of a browser may not. */
  mayBlock: boolean;
}

/** `(module (func (result v128) (i8x16.popcnt (i32x4.splat (i32.const 0)))))` */
const SIMD_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 17, 253, 98, 11,
];

/**
 * Exports `f`, lane 0 of `relaxed_madd(1 + 2^-12, 1 + 2^-12, -(1 + 2^-11))`: 2^-24 where it is fused, 0 where the
 * product is rounded to 24 bits first.
 */
const MADD_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 125, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 31, 1, 29, 0, 67, 0, 8,
  128, 63, 253, 19, 67, 0, 8, 128, 63, 253, 19, 67, 0, 16, 128, 191, 253, 19, 253, 133, 2, 253, 31, 0, 11,
];

/**
 * Whether SIMD is there, whether relaxed SIMD is, and whether its multiply-add is fused.
 *
 * @throws CambiumError `LOAD_FAILED` where a page's policy forbids WebAssembly.
 */
export function probeSimd(): Pick<Probes, 'simd' | 'relaxed' | 'fused'> {
  if (typeof WebAssembly === 'undefined') return { simd: false, relaxed: false, fused: false };
  const simd = WebAssembly.validate(new Uint8Array(SIMD_MODULE));
  const bytes = new Uint8Array(MADD_MODULE);
  const relaxed = simd && WebAssembly.validate(bytes);
  return { simd, relaxed, fused: relaxed && maddIsFused(bytes) };
}

function maddIsFused(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const madd = instance.exports['f'] as () => number;
    return madd() === 2 ** -24;
  } catch (cause) {
    throw afterCompile('WebAssembly cannot be tried', cause);
  }
}

/** Whether memory can be shared: a page in a browser must also be isolated (COOP and COEP headers). */
export function probeSharedMemory(): boolean {
  const isolated: unknown = Reflect.get(globalThis, 'crossOriginIsolated');
  return typeof SharedArrayBuffer !== 'undefined' && isolated !== false;
}
