/** The study's command in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The program. */
export const program = fileURLToPath(new URL('../src/study/main.ts', import.meta.url));

/** Runs the command; `atProgress` is called when the first split has ended. */
export async function study(args: string[], atProgress: (stop: () => void) => void = () => {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args]);
  let [stdout, stderr, told] = ['', '', false];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => {
    stderr += text;
    if (!told && stderr.includes(' fits in ')) {
      told = true;
      atProgress(() => child.kill('SIGINT'));
    }
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}
