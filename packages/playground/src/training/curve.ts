import type { EpochLog } from 'cambium';

/** Figures over the epochs, thinned out where there are many. */
export interface Curve {
  epoch: number[];
  loss: number[];
  valLoss: number[];
  accuracy: number[];
  valAccuracy: number[];
}

/** More points than a screen has columns cost time and show nothing. */
const MOST = 1000;
const names = ['epoch', 'loss', 'valLoss', 'accuracy', 'valAccuracy'] as const;

export const emptyCurve: Curve = { epoch: [], loss: [], valLoss: [], accuracy: [], valAccuracy: [] };

/** `curve` and one more epoch. Beyond the limit every second of the older half goes. */
export function extend(curve: Curve, log: EpochLog): Curve {
  const point = { epoch: log.epoch + 1, loss: log.loss, valLoss: log.valLoss!, accuracy: log.accuracy ?? 0, valAccuracy: log.valAccuracy ?? 0 };
  const full = curve.epoch.length >= MOST;
  const keep = (_: number, i: number): boolean => !full || i >= MOST / 2 || i % 2 === 0;
  return Object.fromEntries(names.map((name) => [name, [...curve[name].filter(keep), point[name]]])) as unknown as Curve;
}
