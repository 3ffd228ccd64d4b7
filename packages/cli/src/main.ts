#!/usr/bin/env node
import { CambiumError } from 'cambium';
import { program } from './program.ts';

const interrupt = new AbortController();
// The first Ctrl-C ends the training and saves what was reached; the second one ends the process.
process.once('SIGINT', () => interrupt.abort());

try {
  await program({ out: process.stdout, err: process.stderr }, interrupt.signal).parseAsync();
  if (interrupt.signal.aborted) process.exitCode = 130;
} catch (error) {
  if (!(error instanceof CambiumError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
