/** What has to be equal for fits of two commands to be compared. */
// From the source: which defaults a method has is no part of the package's interface.
import { growthPlan } from '../../../../cambium/src/growth.ts';
import { fingerprint } from '../data/fingerprint.ts';
import { open } from '../data/open.ts';
import { optimizerOf } from '../rivals/fit.ts';
import { methods } from '../rivals/methods.ts';
import { settings, subjects, type Setting, type Subject, type SubjectName } from '../subjects.ts';
import { dataName, subjectOf, type Plan } from './plan.ts';
import { decayOf } from './task.ts';

/** Plain values by their names: what all rivals of one data set train with, and what each method is told, whether it is run or not. */
export type Settings = Readonly<Record<string, unknown>>;

/** The settings of every data set, by the names of its rows; those in `opened` with what their files hold. */
export async function settingsOf(plan: Plan, opened: ReadonlySet<SubjectName>): Promise<Record<string, Settings>> {
  const all: Record<string, Settings> = {};
  for (const { name } of subjects) {
    const subject = subjectOf(plan, name);
    const rows = opened.has(name) ? { rows: await fingerprint(await open(name, plan.sources)) } : {};
    for (const setting of settings) all[dataName({ subject: name, setting })] = { ...rows, ...told(subject, setting) };
  }
  return all;
}

function told(subject: Subject, setting: Setting): Settings {
  const { steps, batchSize, curve, augmentation } = subject;
  const variants = methods.flatMap((method) => method.variants(subject));
  const plans = variants.map(({ name, start, budget, growth }) => [budget === undefined ? name : `${name} ${budget}`, { start, ...growthPlan(growth, true, steps) }]);
  return { steps, batchSize, curve, network: subject.shape(1), optimizer: optimizerOf(decayOf(setting)), ...(setting === 'augmented' && { augmentation }), ...Object.fromEntries(plans) };
}

/** The first setting that both have and that differs, in words, or undefined. */
export function difference(theirs: Settings, ours: Settings): string | undefined {
  const name = Object.keys(theirs).find((key) => key in ours && JSON.stringify(theirs[key]) !== JSON.stringify(ours[key]));
  return name === undefined ? undefined : `${name} ${JSON.stringify(theirs[name])} and not ${JSON.stringify(ours[name])}`;
}
