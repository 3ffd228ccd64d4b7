import { DynamicDense, DynamicModel, adam } from 'cambium/inline';
import { digits } from 'cambium/data';

const data = await digits();
const model = await DynamicModel.create({ input: [64], layers: [new DynamicDense({ units: 24 }), new DynamicDense({ units: 10 })], seed: 1 });
await model.fit(data, { epochs: 10, optimizer: adam({ learningRate: 0.01 }) });
const { accuracy } = await model.evaluate(data);
console.log(`${(100 * accuracy).toFixed(1)} % right`);
