/** The command line. */
import { parseArgs } from 'node:util';
import { methods } from './rivals/methods.ts';
import type { Plan } from './run/plan.ts';
import { settings, subjects, type Setting, type SubjectName } from './subjects.ts';

/** How to call it. */
const USAGE = `npm run study -- [--quick] [--seeds N] [--first-seed N] [--only a,b] [--methods a,b] [--settings a,b] [--data DIR] [--wheel FILE] [--jobs N] [--with FILE]... [--json FILE] [--out DIR]

  --quick          the digits alone, three seeds, few sizes: under three minutes
  --seeds N        splits of each data set; 10 if not given, 3 with --quick
  --first-seed N   the first of them, 1 if not given: others than those by which something was chosen
  --only a,b       of ${subjects.map(({ name }) => name).join(', ')}; if not given, all that there are files for;
                   "none" trains nothing and reports on what --with holds
  --methods a,b    of ${methods.map(({ name }) => name).join(', ')}; all if not given
  --settings a,b   of plain, weight decay, augmented; plain with --quick, else all
  --data DIR       a folder with MNIST (IDX files), CIFAR-10 (binary files, one with "test" in its name) or both, packed by gzip or not
  --wheel FILE     a wheel of scikit-learn, from which the tables breast cancer, wine and diabetes are read; to get one:
                   pip download --no-deps scikit-learn
  --jobs N         processes at a time, each of one thread; 1 if not given
  --with FILE      takes over all fits in FILE, which an earlier command wrote by --json: they are not made again, and the report is
                   on them and on the new ones; so a study can be run in parts, and one that was broken off can be continued.
                   May be given more than once. Files of another build of the engine or of other settings are refused.
  --json FILE      writes every row and every fit to FILE, anew after a split, where half a minute has passed, and at the end
  --out DIR        where STUDY.md and its figures go; if not given, the project's folder, but nowhere with --quick, --only,
                   --methods or --settings: what is only a part is no report

An interrupt (Ctrl-C, SIGTERM) ends the study and reports what has been done. What --json has written by then can be continued by --with.`;

/** What was asked for. */
export interface Options extends Plan {
  seeds: number;
  firstSeed: number;
  /** Data sets that were asked for, where there are files for them. */
  only: readonly SubjectName[];
  settings: readonly Setting[];
  jobs: number;
  /** Files of earlier commands. */
  with: readonly string[];
  json: string | undefined;
  /** Folder of the report, or undefined to write none. */
  out: string | undefined;
  /** The command, without names of files. */
  command: string;
}

const known = {
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  seeds: { type: 'string' },
  'first-seed': { type: 'string', default: '1' },
  only: { type: 'string' },
  methods: { type: 'string' },
  settings: { type: 'string' },
  data: { type: 'string' },
  wheel: { type: 'string' },
  jobs: { type: 'string', default: '1' },
  with: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'string' },
  out: { type: 'string' },
} as const;

/** Reads the arguments; ends the program where they are not understood. `root` is the project's folder. */
export function readOptions(args: readonly string[], root: string): Options {
  try {
    const { values } = parseArgs({ args: [...args], options: known });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const { quick, data, wheel, json } = values;
    const whole = !quick && values.only === undefined && values.methods === undefined && values.settings === undefined;
    const none = values.only === 'none';
    if (quick && ((data ?? wheel) !== undefined || (values.only !== undefined && !none))) throw new Error('--quick is about the digits alone: leave out --data, --wheel and --only');
    return {
      quick,
      methods: chosen(values.methods, methods.map(({ name }) => name), 'methods'),
      only: none ? [] : chosen(quick ? 'digits' : values.only, subjects.map(({ name }) => name), 'only'),
      settings: values.settings === undefined && quick ? ['plain'] : chosen(values.settings, settings, 'settings'),
      sources: { ...(data !== undefined && { data }), ...(wheel !== undefined && { wheel }) },
      seeds: count(values.seeds ?? (quick ? '3' : '10'), 'seeds'),
      firstSeed: count(values['first-seed'], 'first-seed'),
      jobs: count(values.jobs, 'jobs'),
      with: values.with,
      json,
      out: values.out ?? (whole ? root : undefined),
      command: command(values),
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function count(text: string, name: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name} must be a whole number from 1 to 9999, not ${text}`);
  return Number(text);
}

function chosen<T extends string>(text: string | undefined, all: readonly T[], option: string): T[] {
  if (text === undefined) return [...all];
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(all as readonly string[]).includes(name));
  if (wrong !== undefined) throw new Error(`--${option}: '${wrong}' is none of ${all.join(', ')}`);
  return all.filter((name) => names.includes(name));
}

/** The command with those of `values` that are no names of files. */
function command(values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>): string {
  const files: Record<string, string> = { data: 'DIR', out: 'DIR', wheel: 'FILE', with: 'FILE', json: 'FILE' };
  const words = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || value === false || ((name === 'jobs' || name === 'first-seed') && value === '1')) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((one) => {
      const text = files[name] ?? (one as string);
      return [`--${name}`, text.includes(' ') ? `"${text}"` : text];
    });
  });
  return ['npm run study', ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
}
