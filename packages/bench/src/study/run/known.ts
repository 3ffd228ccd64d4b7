/** What earlier commands have of one job: it is not trained again. */
import type { Layout } from '../../networks.ts';
import type { Control } from '../rivals/controls.ts';
import type { Variant } from '../rivals/methods.ts';
import { dataName, type Job } from './plan.ts';
import type { Refusal, Run } from './record.ts';

/** Those of `records` that are of `job`. */
export function recordsOfJob(records: readonly (Run | Refusal)[], job: Job): (Run | Refusal)[] {
  const name = dataName(job);
  return records.filter(({ data, seed }) => data === name && seed === job.seed);
}

/** Records of one data set, setting and seed. */
export class Known {
  readonly #runs: readonly Run[];
  readonly #refusals: readonly Refusal[];

  constructor(records: readonly (Run | Refusal)[]) {
    this.#runs = records.filter((one) => !('reason' in one)) as Run[];
    this.#refusals = records.filter((one) => 'reason' in one) as Refusal[];
  }

  /** Whether there is a fixed network of this layout. */
  hasFixed({ filters, units }: Layout): boolean {
    const widths = JSON.stringify([filters, units]);
    return this.#runs.some(({ method, layout }) => method === 'fixed' && JSON.stringify([layout.filters, layout.units]) === widths);
  }

  /** Whether the method could not be run. */
  isRefused(variant: Variant): boolean {
    return this.#refusals.some((one) => isOf(variant, one));
  }

  /** The network that the method grew, or the control of it, if there is one. */
  find(variant: Variant, control?: Control): Run | undefined {
    return this.#runs.find((run) => isOf(variant, run) && run.control === control);
  }
}

function isOf({ name, budget }: Variant, { method, budget: allowed }: Run | Refusal): boolean {
  return method === name && allowed === budget;
}
