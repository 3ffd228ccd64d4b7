/** The growth methods of the study. */
import type { GrowthOptions } from 'cambium';
import type { Subject } from '../subjects.ts';

/** A method as the study runs it. */
export interface Method {
  name: string;
  /** Whether it ends at a number of weights that is given. */
  budgeted: boolean;
  /** Whether controls are made of what it ends with. */
  controls: boolean;
  /** Its options, for `weights` where it is budgeted. */
  growth: (subject: Subject, weights: number) => GrowthOptions;
}

/** All of them. */
export const methods: readonly Method[] = [
  { name: 'budget', budgeted: true, controls: true, growth: (_, weights) => ({ method: 'budget', weights, every: 20 }) },
  { name: 'stochastic', budgeted: false, controls: false, growth: ({ penalty }) => ({ method: 'stochastic', every: 20, weightPenalty: penalty, until: 0.7 }) },
  { name: 'pruneExpand', budgeted: false, controls: false, growth: () => ({ method: 'pruneExpand', every: 20, until: 0.7 }) },
];
