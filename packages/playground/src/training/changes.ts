import type { GrowthEvent } from 'cambium';

/** One try to change the structure, numbered from 1 in the run. */
export interface Change extends GrowthEvent {
  number: number;
}

/** So many are remembered. */
const MOST = 100;

/** `changes` and one more. Beyond the limit the oldest that was not kept goes, so that growth stays readable. */
export function remember(changes: readonly Change[], change: Change): readonly Change[] {
  const all = [...changes, change];
  if (all.length <= MOST) return all;
  const rejected = all.findIndex((old) => old.verdict !== 'kept');
  all.splice(rejected < 0 || rejected > MOST / 2 ? 0 : rejected, 1);
  return all;
}
