/** Tables of the package itself: start-up, sizes, memory. */
import type { Results } from '../results.ts';
import { figure, mebibytes, type Section } from './section.ts';

/** Start-up. */
export function startUp({ startup: { worker, inline } }: Results): Section {
  const line = (name: string, row: typeof worker) => [
    ...[name, row.module, `${row.threads}`],
    ...[figure(row.importMs), figure(row.readyMs), figure(row.readyMinMs)],
  ];
  return {
    title: 'Start-up',
    text: 'Milliseconds in a fresh Node process: importing the package, and from before the import until the engine is ready.',
    head: ['engine', 'module', 'threads', 'import', 'ready', 'least'],
    rows: [line('in a worker, as without options', worker), line('inline, one thread', inline)],
  };
}

/** Sizes. */
export function modules({ modules: rows }: Results): Section {
  return {
    title: 'Size of the modules',
    text: 'Kilobytes (1,000 bytes), as they are and packed by gzip.',
    head: ['module', 'KB', 'gzip KB'],
    rows: rows.map((row) => [row.module, figure(row.bytes / 1000), (row.gzipBytes / 1000).toFixed(1)]),
  };
}

/** Memory. */
export function memory({ memory: rows }: Results): Section {
  return {
    title: 'Memory after training',
    text:
      'Mebibytes, each network in a process of its own on one thread: the whole process at its largest, and the engine\'s own ' +
      'memory, data set included.',
    head: ['network', 'contender', 'process', 'engine'],
    rows: rows.map((row) => [row.net, row.contender, mebibytes(row.process), mebibytes(row.engine)]),
  };
}
