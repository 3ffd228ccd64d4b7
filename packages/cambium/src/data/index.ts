/** Data sets and readers of data files. Everything here gives objects that `Dataset.from` takes. */
export { digits, type LabelledRows } from './digits.ts';
export { loadIdx, readIdx, type IdxArray } from './idx.ts';
export { loadCifar10, readCifar10 } from './cifar10.ts';
