/** The command line. */
import { parseArgs } from 'node:util';

/** How to call it. */
const USAGE = `npm run bench -- [--quick] [--torch [--python PROGRAM]] [--json FILE]

  --quick            under two minutes; leaves BENCHMARKS.md as it is
  --torch            measures PyTorch too (to install it: pip install torch)
  --python PROGRAM   the Python that has it, python3 if not given
  --json FILE        writes every figure to FILE`;

/** What was asked for. */
export interface Options {
  quick: boolean;
  /** The Python to run PyTorch with, or undefined to leave PyTorch out. */
  python: string | undefined;
  json: string | undefined;
  /** The command, without names of files. */
  command: string;
}

/** Reads the arguments; ends the program where they are not understood. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        torch: { type: 'boolean', default: false },
        python: { type: 'string' },
        json: { type: 'string' },
      },
    });
    const { quick, torch, python, json } = values;
    if (python !== undefined && !torch) throw new Error('--python is of use only with --torch');
    const words = [quick && '--quick', torch && '--torch', python !== undefined && '--python PROGRAM', json !== undefined && '--json FILE'];
    const command = ['npm run bench', ...words.filter((word) => word !== false)].join(' ').replace(' --', ' -- --');
    return { quick, python: torch ? (python ?? 'python3') : undefined, json, command };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
