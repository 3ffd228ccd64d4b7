/** Every data set by its name. */
import { Failure } from '../../failure.ts';
import type { Sources } from '../run/plan.ts';
import type { SubjectName } from '../subjects.ts';
import { cifar, hasCifar } from './cifar.ts';
import { digitImages, digits } from './digits.ts';
import { hasMnist, mnist } from './mnist.ts';
import type { Source } from './source.ts';
import { cancer, diabetes, wine } from './tables.ts';

const opened = new Map<SubjectName, Promise<Source>>();

/** The data set, read at the first call. Those of {@link available} have their files. */
export function open(name: SubjectName, sources: Sources): Promise<Source> {
  const known = opened.get(name) ?? read(name, sources);
  opened.set(name, known);
  return known;
}

function read(name: SubjectName, { data, wheel }: Sources): Promise<Source> {
  switch (name) {
    case 'digits':
      return digits();
    case 'digits as images':
      return digitImages();
    case 'MNIST':
      return mnist(data!);
    case 'CIFAR-10':
    case 'CIFAR-10 recipe':
      return cifar(data!);
    case 'breast cancer':
      return cancer(wheel!);
    case 'wine':
      return wine(wheel!);
    case 'diabetes':
      return diabetes(wheel!);
  }
}

/** Those that need no files. */
const own: readonly SubjectName[] = ['digits', 'digits as images'];

/** The data sets for which there are files. */
export function available({ data, wheel }: Sources): SubjectName[] {
  const names = [...own];
  if (data !== undefined && hasMnist(data)) names.push('MNIST');
  if (data !== undefined && hasCifar(data)) names.push('CIFAR-10', 'CIFAR-10 recipe');
  if (data !== undefined && names.length === own.length) throw new Failure(`--data: ${data} has neither MNIST (images-idx3 and labels-idx1 files) nor CIFAR-10 (.bin files)`);
  if (wheel !== undefined) names.push('breast cancer', 'wine', 'diabetes');
  return names;
}
