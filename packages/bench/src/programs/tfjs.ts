/** The process that measures TensorFlow.js on its WebAssembly backend. */
import '@tensorflow/tfjs-backend-wasm';
// For the gradients of the operations, which it registers.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { BATCH, networks, type Network } from '../networks.ts';
import { Sampler } from '../sampler.ts';
import { serve } from './serve.ts';

type Apply = (x: tf.Tensor) => tf.Tensor;

function weights(shape: number[], inputs: number): tf.Variable {
  return tf.variable(tf.randomNormal(shape, 0, Math.sqrt(2 / inputs)));
}

/** The layers as functions. Bias and ReLU are fused with the product, as TensorFlow.js's own layers have them. */
function layers({ input, filters, units }: Network): { apply: Apply[]; variables: tf.Variable[] } {
  const [apply, variables]: [Apply[], tf.Variable[]] = [[], []];
  let [side, inputs] = input.length === 3 ? [input[0]!, input[2]!] : [1, input[0]!];
  for (const outputs of filters) {
    const kernel = weights([3, 3, inputs, outputs], 9 * inputs) as tf.Variable<tf.Rank.R4>;
    variables.push(kernel);
    apply.push((x) => tf.relu(tf.conv2d(x as tf.Tensor4D, kernel, 2, 'same')));
    [side, inputs] = [Math.ceil(side / 2), outputs];
  }
  inputs *= side * side;
  const flat = inputs;
  if (filters.length > 0) apply.push((x) => tf.reshape(x, [BATCH, flat]));
  for (const [index, outputs] of units.entries()) {
    const b = weights([inputs, outputs], inputs);
    const bias = tf.variable(tf.zeros([outputs]));
    const activation = index < units.length - 1 ? 'relu' : 'linear';
    variables.push(b, bias);
    apply.push((a) => tf.fused.matMul({ a, b, bias, activation }));
    inputs = outputs;
  }
  return { apply, variables };
}

/** Steps on one batch that lies in tensors already. `minimize` is faster than `trainOnBatch`, which also reads the loss. */
function training(net: Network): Sampler {
  const x = tf.randomUniform([BATCH, ...net.input]);
  const classes = net.units.at(-1)!;
  const y = tf.cast(tf.oneHot(tf.randomUniform([BATCH], 0, classes, 'int32'), classes), 'float32');
  const { apply, variables } = layers(net);
  const adam = tf.train.adam(1e-3);
  const loss = (): tf.Scalar => tf.losses.softmaxCrossEntropy(y, apply.reduce((value, layer) => layer(value), x));
  return new Sampler((steps) => {
    for (let step = 0; step < steps; step++) tf.tidy(() => void adam.minimize(loss, false, variables));
  });
}

/** Its own JavaScript is at full speed only after about two seconds: those before a sample of this length. */
const WARM_UP_SAMPLE_MS = 400;

tf.enableProdMode();
await tf.setBackend('wasm');
await tf.ready();
const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
const threads = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
const trainings = new Map<string, Sampler>();
await training(networks[0]!).sample(WARM_UP_SAMPLE_MS);

await serve({
  info: async () => ({ version: tf.version_core, module: simd ? 'wasm with SIMD' : 'wasm without SIMD', threads: threads ? 2 : 1 }),
  step: async ({ net, milliseconds }) => {
    const sampler = trainings.get(net.name) ?? training(net);
    trainings.set(net.name, sampler);
    return { us: await sampler.sample(milliseconds) };
  },
  memory: async () => ({ process: 1024 * process.resourceUsage().maxRSS }),
});
