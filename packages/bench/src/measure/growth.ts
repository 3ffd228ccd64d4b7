/** What growth costs beside a step. */
import type { Variant } from '../contenders.ts';
import type { Plan } from '../plan.ts';
import type { GrowthRow, StepRow } from '../results.ts';
import { Series } from '../rounds.ts';
import { least, median } from '../statistics.ts';
import type { Measurement } from './measurement.ts';

/** Events inside a step and calls of `updateFeatures`, on one build of the engine. */
export function growth({ networks, stepMs }: Plan, { module, threads, peer }: Variant): Measurement<GrowthRow, readonly StepRow[]> {
  const cases = networks.map((net) => {
    const [added, weights] = [[] as number[], [] as number[]];
    const event = new Series(async () => {
      const times = await peer.ask('event', { net, milliseconds: stepMs });
      added.push(times.added);
      weights.push(times.weights);
      return times.us;
    });
    const change = new Series(async () => (await peer.ask('change', { net, milliseconds: stepMs })).us);
    return { net: net.name, event, change, added, weights };
  });
  return {
    series: cases.flatMap(({ event, change }) => [event, change]),
    rows: (steps) =>
      cases.map(({ net, event, change, added, weights }) => {
        const step = steps.find((row) => row.net === net && row.module === module && row.threads === threads)!;
        const [eventMinUs, updateFeaturesMinUs] = [least(event.values), least(change.values)];
        const addedUs = median(added);
        return {
          ...{ net, module, eventUs: median(event.values), eventMinUs, eventInSteps: eventMinUs / step.cambiumMinUs },
          ...{ addedUs, addedInSteps: addedUs / step.cambiumUs, weights: median(weights) },
          ...{ updateFeaturesUs: median(change.values), updateFeaturesMinUs, updateFeaturesInSteps: updateFeaturesMinUs / step.cambiumMinUs },
        };
      }),
  };
}
