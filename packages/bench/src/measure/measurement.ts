/** What all interleaved measurements have in common. */
import type { Series } from '../rounds.ts';

/** A table in the making. */
export interface Measurement<Row, Needs = void> {
  /** What has to be sampled, round after round. */
  series: Series[];
  /** The table once that is done. */
  rows(needs: Needs): Row[];
}
