/** A network in training. */
import type { Dataset, DynamicModel } from 'cambium';
import { BATCH, create, data, type Network } from '../networks.ts';
import { Sampler } from '../sampler.ts';

/** Times steps of one network: whole epochs of `fit`, their ends included. */
export class Training {
  readonly #network: Network;
  readonly #sampler: Sampler;

  private constructor(network: Network, model: DynamicModel, rows: Dataset) {
    this.#network = network;
    this.#sampler = new Sampler(async (epochs) => {
      await model.fit(rows, { batchSize: BATCH, epochs });
    });
  }

  /** A network of new weights, and data for it. */
  static async of(network: Network): Promise<Training> {
    return new Training(network, await create(network, 1), await data(network, network.batches));
  }

  /** Microseconds of one step. */
  async step(milliseconds: number): Promise<number> {
    return (await this.#sampler.sample(milliseconds)) / this.#network.batches;
  }
}
