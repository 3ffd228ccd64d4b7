import type { FromCsvWorker } from './csv-worker.ts';
import { FileError } from './csv.ts';
import type { Table } from './table.ts';

/** 16 MB: what crosses from the worker to the page and on to the engine is copied each time. */
const MOST_BYTES = 2 ** 24;

/** Reads a CSV file in a worker of its own. @throws FileError what is wrong with the file, with the line */
export function readCsv(file: File, seed: number): Promise<Table> {
  if (file.size > MOST_BYTES) {
    const megabytes = (file.size / 2 ** 20).toFixed(1);
    return Promise.reject(new FileError(`${file.name} has ${megabytes} MB; at most ${MOST_BYTES / 2 ** 20} MB can be read.`));
  }
  const worker = new Worker(new URL('./csv-worker.ts', import.meta.url), { type: 'module' });
  return new Promise<Table>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromCsvWorker>) =>
      'table' in data ? resolve(data.table) : reject(new FileError(data.error));
    worker.onerror = (event) => reject(new FileError(`The file could not be read: ${event.message || 'the worker did not start'}`));
    worker.postMessage({ file, seed });
  }).finally(() => worker.terminate());
}
