/** The digits that come with the package. */
import { Dataset } from 'cambium';
import { digits as load } from 'cambium/data';
import { parts, type Source } from './source.ts';

/** 1,797 images of 8x8 pixels as plain rows: 60 % to train on, 15 % to decide by, 25 % to test with. */
export async function digits(): Promise<Source> {
  const all = await Dataset.from(await load());
  return { shape: [64], outputs: 10, split: async (seed) => parts(all, [0.6, 0.15, 0.25], seed) };
}
