import { CambiumError } from './errors.ts';
import { show } from './check.ts';

/** What `predict` gives: rows x outputs, row by row. */
export class Predictions {
  /** All numbers, `rows * outputs`. */
  readonly data: Float32Array;
  /** `[rows, outputs]`. */
  readonly shape: readonly [rows: number, outputs: number];

  /** @internal */
  constructor(data: Float32Array, rows: number) {
    this.data = data;
    this.shape = [rows, data.length / rows];
  }

  /**
   * The outputs of one row, as a view.
   *
   * @throws CambiumError `INDEX`
   */
  row(index: number): Float32Array {
    const [rows, outputs] = this.shape;
    if (!Number.isInteger(index) || index < 0 || index >= rows) {
      throw new CambiumError('INDEX', `row ${show(index)} does not exist: there are rows 0 to ${rows - 1}`);
    }
    return this.data.subarray(index * outputs, (index + 1) * outputs);
  }

  /** Per row the index of its largest output (the first of equals): the predicted class. */
  labels(): Uint32Array {
    const [rows, outputs] = this.shape;
    const labels = new Uint32Array(rows);
    for (let i = 0; i < rows; i++) {
      let best = i * outputs;
      for (let j = best + 1; j < (i + 1) * outputs; j++) if (this.data[j]! > this.data[best]!) best = j;
      labels[i] = best - i * outputs;
    }
    return labels;
  }

  /** The rows as nested arrays. */
  toArray(): number[][] {
    return Array.from({ length: this.shape[0] }, (_, i) => [...this.row(i)]);
  }
}
