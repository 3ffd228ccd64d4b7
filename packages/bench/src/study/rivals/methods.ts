/** The growth methods of the study. */
import type { GrowthOptions } from 'cambium';
import type { Subject } from '../subjects.ts';

/** A method with everything that it is told. */
export interface Variant {
  /** The method's name, with what it was told where that is no budget. */
  name: string;
  /** Width of the network at the start. */
  start: number;
  /** Most weights at the end, where that was told. */
  budget?: number;
  growth: GrowthOptions;
}

/** A method as the study runs it. */
export interface Method {
  /** Its name on the command line. */
  name: string;
  /** Whether controls are made of what it ends with. */
  controls: boolean;
  /** What it is run with on a data set. */
  variants: (subject: Subject) => Variant[];
}

/** Prices beside that of `auto`. */
const PRICES = [0.03, 0.3];
/** What a weight costs for the stochastic rule, in units of the loss: which is best, and for what size, differs from data to data. */
const PENALTIES = [0, 1e-6, 1e-5, 1e-4];

/** The stochastic rule as it was published for CIFAR-10. */
export const RECIPE = 'stochastic recipe';
/** `budget` that counts multiply-adds. */
export const LEAN = 'budget (multiply-adds)';

/** Variants for each budget of a data set. */
function budgeted(name: string, growth: (weights: number) => GrowthOptions): Method['variants'] {
  return ({ budgets, start }) => budgets.map((budget) => ({ name, start, budget, growth: growth(budget) }));
}

/** A method for comparison, on every data set but that of the recipe, whose goal is about a few. */
function compared(name: string, variants: Method['variants']): Method {
  return { name, controls: false, variants: (subject) => (subject.recipe ? [] : variants(subject)) };
}

/** A published way to grow. */
function published(name: 'gradMax' | 'tiny' | 'split' | 'cascade'): Method {
  return compared(name, budgeted(name, (weights) => ({ method: name, weights })));
}

/** All of them. */
export const methods: readonly Method[] = [
  {
    name: 'auto',
    controls: true,
    variants: ({ start, otherStarts = [] }) => {
      const others = otherStarts.map((other) => ({ name: `auto from ${other}`, start: other }));
      return [{ name: 'auto', start }, ...others].map((variant) => ({ ...variant, growth: { method: 'auto' } }));
    },
  },
  compared('price', ({ start }) => PRICES.map((price) => ({ name: `price ${price}`, start, growth: { method: 'price', price } }))),
  { name: 'budget', controls: true, variants: budgeted('budget', (weights) => ({ method: 'budget', weights })) },
  compared('budget-all-inputs', (subject) => {
    const variants = budgeted('budget-all-inputs', (weights) => ({ method: 'budget', weights, inputs: false }));
    return subject.dropsInputs ? variants(subject) : [];
  }),
  {
    name: 'multiply-adds',
    controls: false,
    variants: ({ start, multiplyAdds }) => [
      { name: 'auto (multiply-adds)', start, growth: { method: 'auto', cost: 'multiplyAdds' } },
      ...(multiplyAdds === undefined ? [] : [{ name: LEAN, start, growth: { method: 'budget', multiplyAdds } } as const]),
    ],
  },
  compared('depth', ({ start, shape }) => {
    // Layers come and go between dense ones.
    return shape(start).filters.length > 0 ? [] : [{ name: 'auto (depth)', start, growth: { method: 'auto', depth: true } }];
  }),
  published('gradMax'),
  published('tiny'),
  published('split'),
  published('cascade'),
  {
    name: 'stochastic',
    controls: false,
    variants: ({ start, recipe }) => {
      if (recipe) return [{ name: RECIPE, start, growth: { method: 'stochastic', prune: 0.01 } }];
      return PENALTIES.map((weightPenalty) => {
        const name = `stochastic ${weightPenalty === 0 ? 0 : weightPenalty.toExponential()}`;
        return { name, start, growth: { method: 'stochastic', weightPenalty, until: 0.7 } };
      });
    },
  },
  compared('pruneExpand', ({ start }) => [{ name: 'pruneExpand', start, growth: { method: 'pruneExpand', every: 20, until: 0.7 } }]),
];
