// The app: a network that grows for two epochs, and what can be compared of it.
import { adam, Dataset, DynamicDense, DynamicModel, engineInfo } from 'cambium';

const rows = 60;

export async function train() {
  const x = Uint8Array.from({ length: 2 * rows }, (_, i) => (i * 97) % 256);
  const y = Uint32Array.from({ length: rows }, (_, row) => (x[2 * row] > x[2 * row + 1] ? 1 : 0));
  const data = await Dataset.from({ x, y, shape: [2], scale: 1 / 255 });
  const layers = [new DynamicDense({ units: 3 }), new DynamicDense({ units: 2 })];
  const model = await DynamicModel.create({ input: [2], layers, seed: 1 });
  const { added, events } = await model.fit(data, {
    epochs: 2,
    batchSize: 10,
    optimizer: adam({ learningRate: 0.01 }),
    growth: { method: 'stochastic', every: 1 },
  });
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await model.save()));
  return { info: engineInfo(), added, events: events.length, hash: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}
