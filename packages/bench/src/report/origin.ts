/** Where a report comes from. */
import type { Machine } from '../results.ts';
import { figure } from './section.ts';

/** Machine, versions (those of `others` last), date and command, one line each. */
export function origin({ processor, cores, memoryBytes, system, date, command, versions }: Machine<object>, others: readonly string[]): string[] {
  const { node, v8, cambium } = versions;
  return [
    `Processor: ${processor}, ${cores} cores, ${figure(memoryBytes / 2 ** 30)} GiB of memory; ${system}`,
    `Versions: ${[`Cambium ${cambium}`, `Node ${node}`, `V8 ${v8}`, ...others].join(', ')}`,
    `Date: ${date}`,
    `Command: \`${command}\``,
  ];
}
