/** What is wrong with a file, for the person who chose it. */
export class FileError extends Error {}

/** One record and the line of the file on which it begins, from 1. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

/** Tab or semicolon where the first line has one outside quotes, since commas may then be decimal points; else comma. */
function findSeparator(text: string): string {
  const first = /^\s*([^\r\n]*)/.exec(text)![1]!.replace(/"[^"]*"/g, '');
  const found = ['\t', ';', ','].find((separator) => first.includes(separator));
  if (found === undefined) throw new FileError('Line 1 has one column. At least two are needed, separated by comma, semicolon or tab.');
  return found;
}

/**
 * The records of a text in the format of RFC 4180, separated by comma, semicolon or tab; blank lines are left out. Where the
 * separator is no comma, a comma between digits becomes a decimal point.
 *
 * @throws FileError for a quote that is never closed, or text after a closing quote, with the line
 */
export function parseCsv(text: string): CsvRecord[] {
  if (text.includes('\0')) throw new FileError('This is no text file. A CSV file is needed.');
  if (text.trim() === '') throw new FileError('The file is empty.');
  const source = text.replace(/^\uFEFF/, '');
  const separator = findSeparator(source);
  const records: CsvRecord[] = [];
  let [line, at] = [1, 0];
  while (at < source.length) {
    const record: CsvRecord = { line, cells: [] };
    for (let more = true; more;) {
      const cell = source[skipBlanks(source, at)] === '"' ? quoted(source, skipBlanks(source, at), separator, line) : plain(source, at, separator);
      record.cells.push(separator === ',' || cell.quoted ? cell.text : cell.text.replace(/^([-+]?\d*),(\d+)/, '$1.$2'));
      line += cell.lines;
      more = source[cell.end] === separator;
      at = cell.end + (more ? 1 : 0);
    }
    if (source[at] === '\r') at++;
    if (source[at] === '\n') at++;
    line++;
    if (record.cells.length > 1 || record.cells[0] !== '') records.push(record);
  }
  return records;
}

interface Cell {
  text: string;
  quoted: boolean;
  /** Where the separator or line break after it stands. */
  end: number;
  /** Line breaks inside it. */
  lines: number;
}

function skipBlanks(source: string, at: number): number {
  while (source[at] === ' ') at++;
  return at;
}

function isEnd(source: string, at: number, separator: string): boolean {
  const next = source[at];
  return next === undefined || next === separator || next === '\n' || next === '\r';
}

function plain(source: string, start: number, separator: string): Cell {
  let end = start;
  while (!isEnd(source, end, separator)) end++;
  return { text: source.slice(start, end).trim(), quoted: false, end, lines: 0 };
}

function quoted(source: string, start: number, separator: string, line: number): Cell {
  let close = source.indexOf('"', start + 1);
  // Two quotes are one that belongs to the text.
  while (close >= 0 && source[close + 1] === '"') close = source.indexOf('"', close + 2);
  if (close < 0) throw new FileError(`Line ${line}: a quote opens and is never closed.`);
  const inside = source.slice(start + 1, close);
  const lines = inside.split('\n').length - 1;
  const end = skipBlanks(source, close + 1);
  if (!isEnd(source, end, separator)) throw new FileError(`Line ${line + lines}: text stands after a closing quote.`);
  return { text: inside.replaceAll('""', '"').trim(), quoted: true, end, lines };
}
