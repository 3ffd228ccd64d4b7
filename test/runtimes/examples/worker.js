import { DynamicDense, DynamicModel, adam } from 'cambium';
import { digits } from 'cambium/data';

/** Kept from request to request, as long as this worker lives. */
let model;

export default {
  async fetch(request) {
    const data = await digits();
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case 'POST /train': {
        const trained = await DynamicModel.create({ input: [64], layers: [new DynamicDense({ units: 24 }), new DynamicDense({ units: 10 })], seed: 1 });
        await trained.fit(data, { epochs: 10, optimizer: adam({ learningRate: 0.01 }) });
        // Only now: meanwhile other requests have had their turn.
        model = trained;
        return new Response(await trained.save());
      }
      case 'PUT /model':
        model = await DynamicModel.load(await request.bytes());
        return new Response();
      case 'GET /accuracy':
        return new Response(`${(100 * (await model.evaluate(data)).accuracy).toFixed(1)} % right`);
      default:
        return new Response('POST /train, PUT /model or GET /accuracy', { status: 404 });
    }
  },
};
