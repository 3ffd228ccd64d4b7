import { DynamicModel } from 'cambium';
import type { Table } from '../data/table.ts';

/** Multiplies what leaves input `i` of a dense layer by `factors[i]` and shifts its inputs by `shifts[i]` before. */
function takeIn(weight: Float32Array, bias: Float32Array, factors: readonly number[], shifts: readonly number[]): void {
  const outputs = bias.length;
  for (let i = 0; i < factors.length; i++) {
    for (let j = 0; j < outputs; j++) {
      const scaled = weight[i * outputs + j]! * factors[i]!;
      weight[i * outputs + j] = scaled;
      bias[j] = bias[j]! + scaled * shifts[i]!;
    }
  }
}

/**
 * A model's file for rows as they stand in the person's table: the page's standardisation becomes part of the first layer
 * and, where the target is a number, of the last one. Moments of the optimiser would no longer fit, and start anew.
 */
export async function withRawColumns(bytes: Uint8Array, table: Table): Promise<Uint8Array> {
  const model = await DynamicModel.load(bytes);
  try {
    const state = await model.getState();
    const tensors = Object.fromEntries(Object.entries(state.tensors).filter(([name]) => !/\.(first|second)$/.test(name)));
    const numbers = (name: string): Float32Array => tensors[name]!.data as Float32Array;
    takeIn(
      ...[numbers('layers.0.weight'), numbers('layers.0.bias')] as const,
      table.deviations.map((deviation) => 1 / deviation),
      table.means.map((mean) => -mean),
    );
    if (table.target.type === 'values') {
      const { mean, deviation } = table.target;
      const last = `layers.${state.config.layers.length - 1}`;
      numbers(`${last}.weight`).forEach((value, i, all) => (all[i] = value * deviation));
      numbers(`${last}.bias`).forEach((value, i, all) => (all[i] = value * deviation + mean));
    }
    await model.setState({ ...state, tensors });
    return await model.save();
  } finally {
    model.dispose();
  }
}
