/** What growth is to reach, and whether the rows say that it does. */
import type { Section } from '../../report/section.ts';
import { LEAN, RECIPE } from '../rivals/methods.ts';
import { subjects, type SubjectName } from '../subjects.ts';
import { againstNames, pairsOf, type Against, type Comparison } from './comparisons.ts';
import { meanOf, type Group, type Row } from './rows.ts';
import { againstFixed } from './table-goal.ts';
import { signed, verdict, whole } from './verdict.ts';

/** Everything that goals are judged by. */
export interface Evidence {
  groups: readonly Group[];
  comparisons: readonly Comparison[];
}

/** One goal with what became of it. */
export interface Judged {
  data: string;
  goal: string;
  /** What the rows say, or that there are none. */
  reached: string;
  met: boolean | null;
}

/** A score at a number of weights, by the method `budget`: above fixed networks of that size, and above some controls. */
interface SizeGoal {
  data: SubjectName;
  weights: number;
  score: number;
  above: readonly Against[];
}

const digits: readonly [weights: number, score: number][] = [[460, 94.5], [630, 95.5], [850, 96.7], [1450, 97.2]];
const mnist: readonly [weights: number, score: number][] = [[770, 87], [1500, 90.4], [3200, 92.1], [6500, 93.3], [8500, 93.9], [13_000, 94.2]];

const sizeGoals: readonly SizeGoal[] = [
  ...digits.map(([weights, score]): SizeGoal => ({ data: 'digits', weights, score, above: [] })),
  ...mnist.map(([weights, score]): SizeGoal => ({ data: 'MNIST', weights, score, above: ['variance'] })),
  { data: 'CIFAR-10', weights: 7200, score: 50.1, above: ['retrained'] },
  { data: 'CIFAR-10', weights: 7200, score: 50.1, above: ['retrained', 'doubling'] },
  { data: 'CIFAR-10', weights: 7200, score: 50.1, above: ['retrained', 'double'] },
];

/** Tables on which the method without a knob is to have such a score, and to be at least as good as the best fixed network, with fewer weights. */
const tableGoals: readonly (readonly [data: SubjectName, score: number])[] = [['breast cancer', 97.2], ['wine', 95.6], ['diabetes', 42.6]];

/** How far apart the sizes may end that the method without a knob finds from different starts. */
const SPREAD = 1.1;

/** Share of the time that growth events may take: of dense networks, and of those with convolutions. */
const SHARE = { dense: 0.1, conv: 0.15 };
/** The methods whose events are to be cheap: those that are not there for comparison. */
const OWN = /^(auto|price|budget)/;

/** All goals. */
export function goals(evidence: Evidence): Judged[] {
  return [
    ...sizeGoals.flatMap((goal) => namesOf(goal.data, evidence).map((data) => judgeSize(goal, data, evidence))),
    ...tableGoals.flatMap(([subject, score]) => namesOf(subject, evidence).flatMap((data) => judgeTable(data, score, evidence))),
    ...namesOf('digits', evidence).map((data) => judgeStarts(data, evidence)),
    ...subjects.flatMap(({ name }) => namesOf(name, evidence).map((data) => judgeShare(data, evidence))),
    ...['auto', 'budget', LEAN].map((method) => judgeRecipe(method, evidence)),
  ];
}

/** The settings in which a data set was run, by their names; the plain one if in none. */
function namesOf(subject: SubjectName, { groups }: Evidence): string[] {
  const names = new Set(groups.map(({ row }) => row.data).filter((data) => data === subject || data.startsWith(`${subject}, `)));
  return names.size > 0 ? [...names] : [subject];
}

const notRun = { reached: 'not run', met: null };

function judgeSize({ weights, score, above }: SizeGoal, data: string, { groups, comparisons }: Evidence): Judged {
  const goal = { data, goal: `budget: ${score} at ${whole(weights)} weights at most, above ${['fixed', ...above].join(', ')}` };
  const row = groups.find((group) => group.grown && group.row.data === data && group.row.method === 'budget' && group.row.budget === weights)?.row;
  if (!row) return { ...goal, ...notRun };
  const gain = { mean: row.gain!, se: row.gainSe };
  // Where no input was dropped, there is nothing to compare chosen inputs with but the curve; all else has to be there.
  const compared = comparisons.filter((one) => one.data === data && one.method === 'budget' && one.budget === weights);
  const told = compared.filter(({ against }) => against === 'variance' || above.includes(against));
  const differences = [gain, ...compared.filter(({ against }) => above.includes(against)).map(({ difference }) => difference)];
  const isCompared = above.every((one) => one === 'variance' || compared.some(({ against }) => against === one));
  const texts = [`gain ${signed(gain)}`, ...told.map(({ against, difference }) => `over ${against} ${signed(difference)}`)];
  return {
    ...goal,
    reached: `${row.score.toFixed(2)} at ${whole(row.mostWeights)} weights at most; ${texts.join('; ')}`,
    met: row.score >= score && row.mostWeights <= weights && isCompared && differences.every((one) => verdict(one) === 'better'),
  };
}

function judgeTable(data: string, score: number, { groups }: Evidence): Judged[] {
  const found = againstFixed(groups.filter(({ row }) => row.data === data));
  const chosen = 'with fewer weights than those chosen by rows to decide by';
  const stated = { data, goal: `auto: a score of ${score}, ${chosen}` };
  const strict = { data, goal: 'auto: at least the best fixed network, with fewer weights' };
  if (!found) return [strict, stated].map((goal) => ({ ...goal, ...notRun }));
  const { reached, score: ours, isSmaller, isBest } = found;
  return [{ ...strict, reached, met: isBest }, { ...stated, reached: 'as above', met: ours >= score && isSmaller }];
}

function judgeStarts(data: string, { groups }: Evidence): Judged {
  const goal = { data, goal: 'auto: weights at the end within 10 % from all starts' };
  const rows = groups.map(({ row }) => row).filter((row) => row.data === data && /^auto( from \d+)?$/.test(row.method));
  if (rows.length < 2) return { ...goal, ...notRun };
  const weights = rows.map((row) => row.weights);
  return {
    ...goal,
    reached: rows.map((row) => `${row.method}: ${whole(row.weights)}`).join('; '),
    met: Math.max(...weights) <= SPREAD * Math.min(...weights),
  };
}

function judgeShare(data: string, { groups }: Evidence): Judged {
  const own = groups.filter(({ grown, row }) => grown && row.data === data && OWN.test(row.method));
  const kind = own.some(({ runs }) => runs.some(({ layout }) => layout.filters.length > 0)) ? 'conv' : 'dense';
  const goal = { data, goal: `auto, price and budget: events take ${100 * SHARE[kind]} % of the time at most` };
  if (own.length === 0) return { ...goal, ...notRun };
  const worst = own.map(({ row }) => row).reduce((a, b) => (b.eventShare! > a.eventShare! ? b : a));
  return { ...goal, reached: `at most ${(100 * worst.eventShare!).toFixed(1)} %, ${worst.method} at ${whole(worst.weights)} weights`, met: worst.eventShare! <= SHARE[kind] };
}

function judgeRecipe(method: string, { groups }: Evidence): Judged {
  const data: SubjectName = 'CIFAR-10 recipe';
  const told = method === LEAN ? `, ${whole(subjects.find(({ name }) => name === data)!.multiplyAdds!)} at the end` : '';
  const goal = { data, goal: `${method}${told}: lower loss on rows to decide by, fewer weights and less time than the stochastic rule as published` };
  const [ours, published] = [method, RECIPE].map((name) => groups.find(({ row }) => row.data === data && row.method === name));
  if (!ours || !published) return { ...goal, ...notRun };
  const text = ({ validLoss, weights, seconds }: Row) => `loss ${validLoss.toFixed(3)}, ${whole(weights)} weights, ${seconds.toFixed(2)} s`;
  const [lower, faster] = (['validLoss', 'seconds'] as const).map((what) => meanOf(pairsOf(ours.runs, published.runs).map(([our, other]) => other[what] - our[what])));
  return {
    ...goal,
    reached: `${text(ours.row)}; the rule: ${text(published.row)}; loss lower by ${signed(lower!)}, time by ${signed(faster!)} s`,
    met: verdict(lower!) === 'better' && ours.row.weights < published.row.weights && verdict(faster!) === 'better',
  };
}

function listed(): string {
  const named = [...new Set(sizeGoals.flatMap(({ above }) => above))].map((one) => `${one} (${againstNames[one]})`);
  return `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

/** The goals as a table. */
export function goalTable(judged: readonly Judged[]): Section {
  const met = judged.filter((one) => one.met).length;
  const run = judged.filter((one) => one.met !== null).length;
  const [anywhere, different] = [judged.filter((one) => one.met), judged.filter((one) => one.met !== null)].map((all) => new Set(all.map(({ data, goal }) => `${data.split(',')[0]!}: ${goal}`)).size);
  return {
    title: 'Goals',
    text:
      `${met} of the ${run} goals that were run are met, counting each setting; of the ${different} that differ in more than the setting, ${anywhere} are met in one setting at least. Above is by more than two standard errors, paired by seed: above fixed networks of ` +
      `that size, and above ${listed()}; those on chosen inputs are compared where the grown networks dropped some. The best fixed network is the one whose mean score on test rows ` +
      'is highest, which nobody could have known beforehand; the one chosen by rows to decide by is what a person could have taken.',
    head: ['data', 'goal', 'reached', 'met'],
    rows: judged.map(({ data, goal, reached, met: isMet }) => [data, goal, reached, isMet === null ? '-' : isMet ? 'yes' : 'NO']),
  };
}
