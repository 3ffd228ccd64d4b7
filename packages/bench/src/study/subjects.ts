/** What is studied on each data set: networks, steps, sizes. */
import type { Layout } from '../networks.ts';
import type { Source } from './data/source.ts';

/** A data set of the study, and the settings that all rivals share on it. */
export interface Subject {
  name: SubjectName;
  /** A network of one width: its convolutions and hidden dense layers. */
  shape: (width: number) => Omit<Layout, 'input'>;
  /** Steps of a fit, about: it takes the whole epochs that come nearest. */
  steps: number;
  batchSize: number;
  /** Widths of the fixed networks, smallest first. */
  curve: readonly number[];
  /** Width that growing networks start with. */
  start: number;
  /** Widths from which a method that finds its size is run too. */
  otherStarts?: readonly number[];
  /** Budgets of weights for the methods that take one. */
  budgets: readonly number[];
  /** Convolutions of a fixed network beside those of equal widths, for the budgets of weights to be compared with. */
  doubling?: readonly number[];
  /** A budget of multiply-adds of a row, where time is to be saved too; chosen on other splits of the same rows than those of the study. */
  multiplyAdds?: number;
  /** Whether methods that can drop inputs do: plain rows, and 1,000 of them. */
  dropsInputs: boolean;
  /** Settings in which it is studied. */
  settings: readonly Setting[];
  /** What is done to its images in the setting that adds changed ones. */
  augmentation?: Augmentation;
  /** Whether it is there for the stochastic rule as it was published, on the network of its recipe. */
  recipe?: boolean;
  /** About how long a fit takes, in seconds of a processor: for the estimate of what is left. */
  seconds: number;
}

/** Names of the data sets. */
export type SubjectName = 'digits' | 'digits as images' | 'MNIST' | 'CIFAR-10' | 'CIFAR-10 recipe' | 'breast cancer' | 'wine' | 'diabetes';

/** All of them. */
export const settings = ['plain', 'weight decay', 'augmented'] as const;

/** What all rivals train with: nothing more, weight decay, or extra rows of moved and mirrored images. */
export type Setting = (typeof settings)[number];

/** How images are changed. */
export interface Augmentation {
  /** Height, width and channels of an image; rows may be flat. */
  image: readonly [height: number, width: number, channels: number];
  /** They are moved by at most so many pixels each way. */
  shift: number;
  /** Whether half of them are mirrored. */
  mirrored: boolean;
}

const oneHidden = (width: number) => ({ filters: [], units: [width] });
const twoHidden = (width: number) => ({ filters: [], units: [width, width] });
/**
 * Fixed networks of 7,000 weights with widths of 1:2:4 ended 0.6 points lower than those of equal widths, of 13,000 weights 1.0 (6 and 10
 * seeds), so these are the rivals.
 */
const threeConvolutions = (width: number) => ({ filters: [width, width, width], units: [] });
/** The stream and the inside of the block begin with equal widths; each grows by itself. */
const oneBlock = (width: number): Omit<Layout, 'input'> => ({ filters: [width, width], residual: true, units: [] });

const both: readonly Setting[] = ['plain', 'weight decay'];
const all: readonly Setting[] = [...both, 'augmented'];
const table = { shape: oneHidden, batchSize: 32, curve: [2, 4, 8, 16, 32], start: 4, otherStarts: [16, 32], dropsInputs: false, settings: both, seconds: 0.1 };

/** All of them. */
export const subjects: readonly Subject[] = [
  {
    name: 'digits',
    shape: twoHidden,
    steps: 3000,
    batchSize: 64,
    curve: [4, 5, 6, 8, 10, 13, 16, 24, 32, 64],
    start: 4,
    otherStarts: [16, 32],
    budgets: [460, 630, 850, 1450],
    dropsInputs: true,
    settings: all,
    augmentation: { image: [8, 8, 1], shift: 1, mirrored: false },
    seconds: 0.3,
  },
  {
    name: 'digits as images',
    shape: oneBlock,
    steps: 1500,
    batchSize: 64,
    curve: [4, 6, 8, 12, 16, 24],
    start: 4,
    otherStarts: [16],
    budgets: [2550, 4700],
    dropsInputs: false,
    settings: both,
    seconds: 0.6,
  },
  {
    name: 'MNIST',
    shape: twoHidden,
    steps: 2500,
    batchSize: 128,
    curve: [1, 2, 4, 6, 8, 11, 16, 24, 32, 48],
    start: 4,
    otherStarts: [16, 32],
    budgets: [770, 1500, 3200, 6500, 8500, 13_000],
    dropsInputs: true,
    settings: all,
    augmentation: { image: [28, 28, 1], shift: 2, mirrored: false },
    seconds: 1,
  },
  {
    name: 'CIFAR-10',
    shape: threeConvolutions,
    steps: 1500,
    batchSize: 64,
    curve: [6, 8, 10, 13, 15, 18, 22, 32, 40],
    start: 4,
    otherStarts: [8, 16],
    budgets: [7200],
    doubling: [9, 18, 36],
    dropsInputs: false,
    settings: all,
    augmentation: { image: [32, 32, 3], shift: 2, mirrored: true },
    seconds: 9,
  },
  {
    name: 'CIFAR-10 recipe',
    shape: (width) => ({ filters: [width, width, width, width], units: [10, 10] }),
    steps: 2250,
    batchSize: 100,
    curve: [4, 8, 12, 16, 24],
    start: 4,
    budgets: [1500],
    multiplyAdds: 39_000,
    dropsInputs: false,
    settings: ['plain'],
    recipe: true,
    seconds: 7,
  },
  { name: 'breast cancer', steps: 1250, budgets: [138, 270], ...table },
  { name: 'wine', steps: 1000, budgets: [71, 139], ...table },
  { name: 'diabetes', steps: 1500, budgets: [49, 97], ...table },
];

/** The network of `width` on rows of a data set. */
export function layoutOf(subject: Subject, width: number, { shape, outputs }: Pick<Source, 'shape' | 'outputs'>): Layout {
  const network = subject.shape(width);
  return { input: [...shape], ...network, units: [...network.units, outputs] };
}
