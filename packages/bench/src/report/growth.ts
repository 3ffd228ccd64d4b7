/** Tables of what growth costs. */
import type { Results } from '../results.ts';
import { figure, percent, type Section } from './section.ts';

/** Events. */
export function growth({ growth: rows }: Results): Section {
  return {
    title: 'Growth events',
    text:
      'Event: proposing one feature more or less, testing it on the step\'s own batch and keeping or undoing it, by the engine\'s clock in ' +
      'a `fit` with an event in every step. Adds: the difference between that fit and the same steps with one event in the last, which ' +
      'holds the event\'s way to JavaScript too, that the steps are on other widths (17 features take as long as 20), and that Adam has ' +
      'weights of many ages. Weights: the network\'s ' +
      'mean size over these events, as a share of its size at the start. `updateFeatures`: one call on another batch, with its way ' +
      'from JavaScript and back, the engine inline. Relaxed module, one thread; least times after the medians, and as shares of the least ' +
      'training step; what an event adds, a difference, has no least time and is a median, as a share of the median step.',
    head: ['network', 'event us', 'least', 'in steps', 'adds us', 'in steps', 'weights', 'updateFeatures us', 'least', 'in steps'],
    rows: rows.map((row) => [
      ...[row.net, figure(row.eventUs), figure(row.eventMinUs), row.eventInSteps.toFixed(2)],
      ...[figure(row.addedUs), row.addedInSteps.toFixed(2), percent(row.weights)],
      ...[figure(row.updateFeaturesUs), figure(row.updateFeaturesMinUs), row.updateFeaturesInSteps.toFixed(2)],
    ]),
  };
}

/** Many candidates. */
export function scoring({ scoring: rows }: Results): Section {
  return {
    title: 'Exact loss of many candidates',
    text:
      'Candidates on one hidden axis (0 is the first), half of them additions and half removals, each with its exact loss on one ' +
      'batch, in one sweep inside the engine, from a pass of the batch such as a training step has made: the pass is timed alone and ' +
      'not counted. Relaxed module, one thread; in steps: least time against that of the training step.',
    head: ['network', 'axis', 'candidates', 'median us', 'least us', 'in steps', 'pass us', 'with it, in steps'],
    rows: rows.map((row) => [
      ...[row.net, `${row.axis}`, `${row.candidates}`],
      ...[figure(row.us), figure(row.minUs), row.inSteps.toFixed(2), figure(row.passUs), row.withPassInSteps.toFixed(2)],
    ]),
  };
}

/** One feature. */
export function features({ features: rows }: Results): Section {
  return {
    title: 'Adding and removing one feature',
    text:
      'Inside the engine, within capacity: the mean of adding a feature at the end and removing one from the front. Weights: ' +
      'those written or moved, whose two moments go with them and are not counted. Allowed: 5 microseconds and 1 nanosecond a weight.',
    head: ['network', 'axis', 'median us', 'least us', 'weights', 'allowed us'],
    rows: rows.map((row) => [
      ...[row.net, `${row.axis}`, figure(row.us), figure(row.minUs)],
      ...[row.weights.toFixed(0), figure(row.allowedUs)],
    ]),
  };
}
