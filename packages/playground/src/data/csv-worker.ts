/** Reads a CSV file away from the page's thread. */
import { FileError, parseCsv } from './csv.ts';
import { toTable, type Table } from './table.ts';

/** What the worker answers. */
export type FromCsvWorker = { table: Table } | { error: string };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ file: File; seed: number }>) => void;
  postMessage(message: FromCsvWorker): void;
};

scope.onmessage = async ({ data: { file, seed } }) => {
  try {
    scope.postMessage({ table: toTable(parseCsv(await file.text()), seed) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    scope.postMessage({ error: error instanceof FileError ? why : `The file could not be read: ${why}` });
  }
};
