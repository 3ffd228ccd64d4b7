/** What is measured: networks, and random data for them. */
import { Dataset, DynamicDense, DynamicModel } from 'cambium';

/** Rows per step. */
export const BATCH = 100;

/** A network by its widths, inputs first. */
export interface Network {
  /** What the table calls it. */
  name: string;
  /** Inputs, hidden features, outputs. */
  widths: readonly number[];
  /** Training steps in one measurement: enough to last some tenths of a second. */
  steps: number;
}

/** The networks of the table. */
export const networks: readonly Network[] = [
  { name: '64-16-16-10', widths: [64, 16, 16, 10], steps: 4000 },
  { name: '784-128-64-10', widths: [784, 128, 64, 10], steps: 400 },
];

/** The model, always with the same weights. */
export function create({ widths }: Network): Promise<DynamicModel> {
  const [inputs, ...units] = widths as [number, ...number[]];
  return DynamicModel.create({ input: [inputs], layers: units.map((n) => new DynamicDense({ units: n })), seed: 1 });
}

/** Random bytes as features and random labels. */
export function data({ widths }: Network, rows: number): Promise<Dataset> {
  const [inputs, classes] = [widths[0]!, widths.at(-1)!];
  const x = Uint8Array.from({ length: rows * inputs }, () => 256 * Math.random());
  const y = Uint8Array.from({ length: rows }, () => classes * Math.random());
  return Dataset.from({ x, shape: [inputs], y, scale: 1 / 255, classes });
}

/** Multiply-adds of a training step: forward, and twice as many backward, less the gradient by the input. */
export function multiplyAdds({ widths }: Network): number {
  const layers = widths.slice(1).map((outputs, i) => widths[i]! * outputs);
  return BATCH * (3 * layers.reduce((sum, n) => sum + n, 0) - layers[0]!);
}
