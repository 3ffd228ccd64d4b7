/** Which module runs, where, and on how many threads: one pure function of what was found and what was asked. */
import { CambiumError } from '../errors.ts';
import type { Probes } from './probe.ts';
import type { Host, InitOptions, ModuleName, Numerics } from './start-options.ts';

/** The decision, and why it is not the fastest or not as asked. */
export interface Choice {
  module: ModuleName;
  numerics: Numerics;
  threads: number;
  host: Host;
  reasons: string[];
}

/**
 * Threads when nothing is asked for. Two barriers a step cost more with every thread, and nets of this size offer
 * little work to each; more than this has not been measured.
 */
const DEFAULT_THREADS = 8;

/**
 * The best that `probes` allow within `options`.
 *
 * @throws CambiumError `LOAD_FAILED` without WebAssembly SIMD.
 */
export function choose(probes: Probes, options: InitOptions): Choice {
  if (!probes.simd) throw new CambiumError('LOAD_FAILED', 'this JavaScript engine has no WebAssembly SIMD (128 bits), which cambium needs');
  const reasons: string[] = [];
  const host = chooseHost(probes, options, reasons);
  const numerics = chooseNumerics(probes, options, reasons);
  const threads = chooseThreads(probes, options, host, reasons);
  return { module: moduleFor(numerics, threads), numerics, threads, host, reasons };
}

/** The module that computes with `numerics` on `threads` threads. */
export function moduleFor(numerics: Numerics, threads: number): ModuleName {
  const simd = numerics === 'fast' ? 'relaxed' : 'simd128';
  return threads > 1 ? `${simd}-threads` : simd;
}

function chooseHost(probes: Probes, options: InitOptions, reasons: string[]): Host {
  const wanted = options.host ?? 'worker';
  if (wanted === 'inline' || probes.workers) return wanted;
  reasons.push('host: inline, because workers cannot be started here');
  return 'inline';
}

function chooseNumerics(probes: Probes, options: InitOptions, reasons: string[]): Numerics {
  if (options.numerics === 'portable') return 'portable';
  if (probes.fused) return 'fast';
  const cause = probes.relaxed ? 'relaxed_madd is not fused here' : 'relaxed SIMD is not supported here';
  reasons.push(`numerics: portable, because ${cause}`);
  return 'portable';
}

function chooseThreads(probes: Probes, options: InitOptions, host: Host, reasons: string[]): number {
  const wanted = options.threads ?? Math.max(1, Math.min(probes.cores, DEFAULT_THREADS));
  const obstacle = wanted === 1 ? undefined : threadObstacle(probes, host);
  if (obstacle === undefined) return wanted;
  reasons.push(`threads: 1 instead of ${wanted}, because ${obstacle}`);
  return 1;
}

function threadObstacle(probes: Probes, host: Host): string | undefined {
  if (!probes.sharedMemory) return 'memory cannot be shared here (a page needs the COOP and COEP headers)';
  if (!probes.workers) return 'workers cannot be started here';
  if (host === 'inline' && !probes.mayBlock) return 'this thread may not wait for others (use host: worker)';
  return undefined;
}
