/** What has to be equal for fits of two commands to be compared. */
import { optimizerOf } from '../rivals/fit.ts';
import { methods } from '../rivals/methods.ts';
import { subjectOf, type Job, type Plan } from './plan.ts';
import { decayOf } from './task.ts';

/** Plain values by their names: what all rivals of one data set train with, and what each method is told, whether it is run or not. */
export type Settings = Readonly<Record<string, unknown>>;

/** The settings of a data set as the plan studies it. */
export function settingsOf(plan: Plan, { subject: name, setting }: Pick<Job, 'subject' | 'setting'>): Settings {
  const subject = subjectOf(plan, name);
  const { steps, batchSize, curve } = subject;
  const variants = methods.flatMap((method) => method.variants(subject));
  const told = variants.map(({ name: method, start, budget, growth }) => [budget === undefined ? method : `${method} ${budget}`, { start, growth }]);
  return { steps, batchSize, curve, network: subject.shape(1), optimizer: optimizerOf(decayOf(setting)), ...Object.fromEntries(told) };
}

/** The first setting that both have and that differs, in words, or undefined. */
export function difference(theirs: Settings, ours: Settings): string | undefined {
  const name = Object.keys(theirs).find((key) => key in ours && JSON.stringify(theirs[key]) !== JSON.stringify(ours[key]));
  return name === undefined ? undefined : `${name} ${JSON.stringify(theirs[name])} there and ${JSON.stringify(ours[name])} here`;
}
