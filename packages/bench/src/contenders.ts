/** The processes that are measured against each other. */
import { availableParallelism } from 'node:os';
import type { ModuleName } from 'cambium';
import { Failure } from './failure.ts';
import { Peer } from './peer.ts';
import type { Info, Start } from './protocol.ts';

/** One build of the engine on one number of threads. */
export interface Variant {
  module: ModuleName;
  threads: number;
  peer: Peer;
}

/** Everyone. */
export interface Contenders {
  /** The build that is fastest on one thread comes first. */
  variants: readonly Variant[];
  tfjs: Peer;
  torch?: Peer;
  /** Threads of PyTorch: all cores. */
  cores: number;
  versions: { cambium: string; tfjs: string; torch?: string };
}

/** Every build of the engine. The engine runs inline: what is measured is the engine, not the messages of a worker. */
const starts: readonly { module: ModuleName; start: Start & { threads: number } }[] = [
  { module: 'relaxed', start: { numerics: 'fast', threads: 1, host: 'inline' } },
  { module: 'relaxed-threads', start: { numerics: 'fast', threads: 2, host: 'inline' } },
  { module: 'simd128', start: { numerics: 'portable', threads: 1, host: 'inline' } },
  { module: 'simd128-threads', start: { numerics: 'portable', threads: 2, host: 'inline' } },
];

/** How to start the build that is fastest on one thread. */
export const fastest: Start = starts[0]!.start;

/**
 * Starts all processes.
 *
 * @param python - the Python that has PyTorch, or undefined to leave PyTorch out
 * @throws Failure where a build of the engine is not the one that was asked for, and where PyTorch cannot be imported
 */
export async function contend(python: string | undefined): Promise<Contenders> {
  const torch = python === undefined ? undefined : Peer.torch(python);
  const torchInfo = await torch?.ask('info', {});
  const variants = starts.map(({ module, start }) => ({ module, threads: start.threads, peer: Peer.cambium(start) }));
  const infos = await Promise.all(variants.map(async (variant) => ({ variant, info: await variant.peer.ask('info', {}) })));
  for (const { variant, info } of infos) check(variant, info);
  const tfjs = Peer.tfjs();
  const versions = { cambium: infos[0]!.info.version, tfjs: (await tfjs.ask('info', {})).version };
  return {
    variants,
    tfjs,
    ...(torch && { torch }),
    cores: availableParallelism(),
    versions: { ...versions, ...(torchInfo && { torch: torchInfo.version }) },
  };
}

/** A wrong choice of module must not pass for a slow one. */
function check(variant: Variant, info: Info): void {
  if (info.module === variant.module && info.threads === variant.threads) return;
  throw new Failure(
    `the engine took the module ${info.module} on ${info.threads} threads where ${variant.module} on ${variant.threads} was asked for`,
  );
}

/** Ends all processes. */
export async function dismiss({ variants, tfjs, torch }: Contenders): Promise<void> {
  await Promise.all([...variants.map((variant) => variant.peer), tfjs, ...(torch ? [torch] : [])].map((peer) => peer.close()));
}
