import type { DatasetOptions } from '../dataset.ts';
import { unpacked } from './bytes.ts';
import { packed } from './digits-packed.ts';

/** Rows and labels as a loader gives them; `Dataset.from` takes them as they are. */
export interface LabelledRows extends DatasetOptions {
  /** All rows, one after the other. */
  x: Uint8Array;
  /** One label a row. */
  y: Uint8Array;
  /** Shape of one row. */
  shape: number[];
  /** Brings `x` to the range 0 to 1. */
  scale: number;
  /** Number of classes. */
  classes: number;
  /** Names of the classes, in order. */
  classNames: string[];
}

const rows = 1797;

/**
 * The digits data set: 1,797 images of handwritten digits, 8x8 pixels of 0 to 16, ten classes. It comes with the package.
 * `shape` is `[64]`; for convolutions use `Dataset.from({ ...(await digits()), shape: [8, 8, 1] })`.
 *
 * Data: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
 * https://doi.org/10.24432/C50P49, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); the test part,
 * in the order in which scikit-learn distributes it.
 *
 * @example `const data = await Dataset.from(await digits());`
 */
export async function digits(): Promise<LabelledRows> {
  const bytes = await unpacked(
    Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)),
    'the digits data set',
  );
  return {
    x: bytes.slice(0, rows * 64),
    y: bytes.slice(rows * 64),
    shape: [64],
    scale: 1 / 16,
    classes: 10,
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  };
}
