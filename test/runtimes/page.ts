/** Pages of the documentation: their files, their commands, and what those print. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A command takes a second or two, more on a busy machine; what needs this long hangs. */
const LIMIT_MS = 60_000;

/** A block of code. */
export interface Block {
  language: string;
  /** The file it is, when its name stands above it on a line of its own. */
  file: string | undefined;
  text: string;
}

/** The blocks of docs/`name`, in order. */
export async function blocksOf(name: string): Promise<Block[]> {
  const text = await readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  return [...text.matchAll(/(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$/gms)].map(([, file, language, code]) => ({ language: language!, file, text: code! }));
}

/** Writes the files of a page into `folder`. */
export async function writeFiles(blocks: readonly Block[], folder: string): Promise<void> {
  for (const { file, text } of blocks) if (file !== undefined) await writeFile(join(folder, file), text);
}

/** Runs a line of a block of commands in `folder` and gives what it prints. Fails where it fails or hangs. */
export async function runLine(line: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const options = { cwd: folder, env, timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)('sh', ['-c', `exec ${line}`], options).catch((error: Error & { killed?: boolean }) => {
    throw error.killed ? new Error(`no end after ${LIMIT_MS / 1000} s: ${line}`) : error;
  });
  return stdout;
}
