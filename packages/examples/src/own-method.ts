/**
 * A growth method of your own, from public parts. Between epochs:
 *
 * - grow: the feature with the strongest outgoing weights gets a twin, with a little noise on its incoming weights and no
 *   outgoing ones. The network computes what it did before; training tells the twins apart (`expand` with weights).
 * - shrink: the feature with the weakest outgoing weights goes if the validation data do not miss it (`tryChange`); above
 *   `most` features it goes anyway (`contract`).
 *
 *     node src/own-method.ts [--epochs 30]
 */
import { parseArgs } from 'node:util';
import { adam, Dataset, DynamicDense, DynamicModel, type AxisSummary, type Tensor } from 'cambium';
import { digits } from 'cambium/data';

const most = 24;
const noise = 0.05;
const weightPenalty = 1e-5;

/** L1 norm of each row: of the outgoing weights of each feature. */
function rowNorms({ shape, data }: Tensor): number[] {
  const [rows, columns] = shape as [number, number];
  const row = (k: number) => Array.from(data.subarray(k * columns, (k + 1) * columns));
  return Array.from({ length: rows }, (_, k) => row(k).reduce((sum, weight) => sum + Math.abs(weight), 0));
}

async function grow(model: DynamicModel, { axis, producers: [producer], consumers: [consumer] }: AxisSummary): Promise<void> {
  const { tensors } = await model.getState();
  const [incoming, outgoing] = [tensors[`layers.${producer}.weight`]!, tensors[`layers.${consumer}.weight`]!];
  const norms = rowNorms(outgoing);
  const strongest = norms.indexOf(Math.max(...norms));
  const [inputs, features] = incoming.shape as [number, number];
  const column = Array.from({ length: inputs }, (_, i) => incoming.data[i * features + strongest]!);
  await model.expand({
    axis,
    incoming: column.map((weight) => weight + noise * (2 * Math.random() - 1)),
    bias: tensors[`layers.${producer}.bias`]!.data[strongest]!,
    outgoing: new Float32Array(outgoing.shape[1]!),
  });
}

async function shrink(model: DynamicModel, valid: Dataset, { axis, consumers: [consumer], width }: AxisSummary): Promise<void> {
  const norms = rowNorms((await model.getState()).tensors[`layers.${consumer}.weight`]!);
  const index = norms.indexOf(Math.min(...norms));
  if (width > most) await model.contract({ axis, index });
  else await model.tryChange({ type: 'contract', axis, index }, valid, { weightPenalty });
}

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '30' } } });
const [train, valid, test] = (await Dataset.from(await digits())).split([0.6, 0.2, 0.2]);
using model = await DynamicModel.create({
  input: [64],
  layers: [new DynamicDense({ units: 4 }), new DynamicDense({ units: 4 }), new DynamicDense({ units: 10 })],
  optimizer: adam({ learningRate: 0.01 }),
});
for (let epoch = 1; epoch <= Number(values.epochs); epoch++) {
  for (const axis of await model.axes()) await shrink(model, valid, axis);
  for (const axis of await model.axes()) await grow(model, axis);
  await model.fit(train, { batchSize: 50 });
  const { loss, accuracy } = await model.evaluate(valid);
  const widths = (await model.widths()).join('-');
  console.log(`epoch ${epoch}: widths ${widths}, validation loss ${loss.toFixed(4)}, accuracy ${accuracy!.toFixed(4)}`);
}
console.log(`test accuracy ${(await model.evaluate(test)).accuracy!.toFixed(4)}`);
