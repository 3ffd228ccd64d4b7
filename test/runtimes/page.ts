/** Pages of the documentation: their code. */
import { readFile } from 'node:fs/promises';

/** A block of code. */
export interface Block {
  language: string;
  /** The file it is, when its name stands above it on a line of its own. */
  file: string | undefined;
  text: string;
}

/** The blocks of docs/`name`, in order. Each must be a file, commands, or text that something says. */
export async function blocksOf(name: string): Promise<Block[]> {
  const page = await readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/(?:^`([^`\n]+)`\n\n)?^```(\w*)\n(.*?)^```$/gms)].map(([, file, language, text]) => ({ language: language!, file, text: text! }));
  const strange = blocks.find(({ file, language }) => file === undefined && language !== 'sh' && language !== 'text');
  if (strange) throw new Error(`docs/${name} has code that is not a named file, so nothing runs it:\n${strange.text}`);
  return blocks;
}
