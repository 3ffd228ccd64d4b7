/** Training steps of everyone. */
import type { Contenders, Variant } from '../contenders.ts';
import { flops, type Network } from '../networks.ts';
import type { Peer } from '../peer.ts';
import type { Plan } from '../plan.ts';
import type { Peak, ScalingRow, StepRow } from '../results.ts';
import { Series } from '../rounds.ts';
import { least, median } from '../statistics.ts';
import type { Measurement } from './measurement.ts';

/** Long enough to learn whether TensorFlow.js can train a network. */
const TRY_MS = 1;

interface Own {
  variant: Variant;
  series: Series;
}

interface Others {
  tfjs?: Series;
  tfjsError?: string;
  torch?: Series;
  torchOneThread?: Series;
}

/** Steps of every build of the engine and of the others, network by network. */
export async function steps(plan: Plan, contenders: Contenders): Promise<Measurement<StepRow, number>> {
  const cases: { net: Network; own: Own[]; others: Others }[] = [];
  for (const net of plan.networks) {
    const own = contenders.variants.map((variant) => ({ variant, series: stepsOf(variant.peer, net, plan.stepMs) }));
    cases.push({ net, own, others: await others(plan, contenders, net) });
  }
  return {
    series: cases.flatMap(({ own, others: { tfjs, torch, torchOneThread } }) =>
      [...own.map((one) => one.series), tfjs, torch, torchOneThread].filter((series) => series !== undefined),
    ),
    rows: (peak) =>
      cases.flatMap(({ net, own, others }) =>
        own.map(({ variant: { module, threads }, series: { values } }) => ({
          net: net.name,
          module,
          threads,
          cambiumUs: median(values),
          cambiumMinUs: least(values),
          fractionOfPeak: flops(net) / least(values) / 1000 / peak,
          ...figures(others, contenders.cores),
        })),
      ),
  };
}

function stepsOf(peer: Peer, net: Network, milliseconds: number, threads?: number): Series {
  const question = { net, milliseconds, ...(threads !== undefined && { threads }) };
  return new Series(async () => (await peer.ask('step', question)).us);
}

async function others({ tfjs, stepMs }: Plan, contenders: Contenders, net: Network): Promise<Others> {
  const { torch, cores } = contenders;
  const error = tfjs(net) ? await obstacle(contenders.tfjs, net) : undefined;
  return {
    ...(tfjs(net) && error === undefined && { tfjs: stepsOf(contenders.tfjs, net, stepMs) }),
    ...(error !== undefined && { tfjsError: error }),
    ...(torch && { torch: stepsOf(torch, net, stepMs, cores), torchOneThread: stepsOf(torch, net, stepMs, 1) }),
  };
}

async function obstacle(peer: Peer, net: Network): Promise<string | undefined> {
  try {
    await peer.ask('step', { net, milliseconds: TRY_MS });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function figures({ tfjs, tfjsError, torch, torchOneThread }: Others, cores: number): Partial<StepRow> {
  return {
    ...(tfjs && { tfjsUs: median(tfjs.values), tfjsMinUs: least(tfjs.values) }),
    ...(tfjsError !== undefined && { tfjsError }),
    ...(torch && { torchUs: median(torch.values), torchMinUs: least(torch.values), torchThreads: cores }),
    ...(torchOneThread && {
      torchOneThreadUs: median(torchOneThread.values),
      torchOneThreadMinUs: least(torchOneThread.values),
    }),
  };
}

/** One thread against two, for every network, from its steps. */
export function scaling(rows: readonly StepRow[], peak: Peak): ScalingRow[] {
  return rows.flatMap((one) => {
    const two = rows.find((row) => row.net === one.net && row.module === `${one.module}-threads`);
    if (!two) return [];
    const times = { oneThreadUs: one.cambiumMinUs, twoThreadsUs: two.cambiumMinUs };
    const fractionOfPeak = (two.fractionOfPeak * peak.fused) / peak.fusedOfTwo;
    const ratios = { ratio: times.oneThreadUs / times.twoThreadsUs, medianRatio: one.cambiumUs / two.cambiumUs };
    return [{ net: one.net, module: two.module, ...times, ...ratios, fractionOfPeak }];
  });
}
