/** Where and how the run takes place. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Machine } from './results.ts';

/** The machine, the versions and the command; files and programs named on the command line are left out. */
export function machine<Compared>(command: string, versions: { cambium: string } & Compared): Machine<Compared> {
  return {
    processor: processor(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}, ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
    command,
    versions: { node: process.versions.node, v8: process.versions.v8, ...versions },
  };
}

/** The model's name; on Linux on x86 with its numbers, since virtual machines often hide the name. */
function processor(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  try {
    const lines = readFileSync('/proc/cpuinfo', 'utf8');
    const number = (key: string) => new RegExp(`^${key}\\s*: (\\d+)$`, 'm').exec(lines)?.[1];
    const [family, model] = [number('cpu family'), number('model')];
    return family === undefined || model === undefined ? name : `${name} (family ${family}, model ${model})`;
  } catch {
    return name;
  }
}
