/** What a run of the study does: its jobs, and how many fits each of them has. */
import { methods, type Method } from '../rivals/methods.ts';
import { subjects, type Setting, type Subject, type SubjectName } from '../subjects.ts';

/** Everything on one data set with one split. */
export interface Job {
  subject: SubjectName;
  setting: Setting;
  seed: number;
}

/** Files that data are read from. */
export interface Sources {
  /** Folder with MNIST or CIFAR-10. */
  data?: string;
  /** Wheel of scikit-learn. */
  wheel?: string;
}

/** What is common to all jobs, as plain data. */
export interface Plan {
  quick: boolean;
  /** Names of the methods. */
  methods: readonly string[];
  sources: Sources;
}

/** What the quick study has fewer of. */
const QUICK = { budgets: [850, 1450], curve: [6, 8, 10, 16, 24, 64], otherStarts: [] };

/** The data set as the plan studies it. */
export function subjectOf({ quick }: Plan, name: SubjectName): Subject {
  const subject = subjects.find((one) => one.name === name)!;
  return quick ? { ...subject, ...QUICK } : subject;
}

/** The methods of the plan. */
export function methodsOf(plan: Plan): Method[] {
  return methods.filter(({ name }) => plan.methods.includes(name));
}

/** One name for data set and setting, as tables and files have it. */
export function dataName({ subject, setting }: Pick<Job, 'subject' | 'setting'>): string {
  return setting === 'plain' ? subject : `${subject}, ${setting}`;
}

/** About how many seconds of fits a job has; controls of dropped inputs are counted as if there were some, where inputs can be dropped. */
export function secondsOf(plan: Plan, job: Job): number {
  const subject = subjectOf(plan, job.subject);
  const grown = methodsOf(plan).map(({ variants, controls }) => variants(subject).length * (2 + (!controls ? 0 : subject.dropsInputs ? 3 : 1)));
  return subject.seconds * (subject.curve.length + grown.reduce((sum, count) => sum + count, 0));
}
