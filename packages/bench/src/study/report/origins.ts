/** Where the numbers of a report come from: every command that made some of them. */
import { origin } from '../../report/origin.ts';
import type { Machine } from '../../results.ts';
import type { Part } from '../run/part.ts';
import { whole } from './verdict.ts';

/** Machine, versions, date and command of each of `parts`, and of the command that `reports` where it made none of them. */
export function origins(parts: readonly Part[], reports: Machine<object>): string[] {
  if (parts.length === 0) return origin(reports, []);
  const alone = parts.length === 1 && parts[0]!.machine === reports;
  const lines = parts.flatMap((part) => {
    const about = origin(part.machine, []);
    return alone ? about : [...about.slice(0, -1), `${about.at(-1)}: ${made(part)}`];
  });
  if (!parts.some(({ machine }) => machine === reports)) lines.push(`Put together by: \`${reports.command}\``);
  return changed(lines);
}

/** What a command made, in words. */
function made({ runs, ended, of, brokenOff }: Part): string {
  const names = [...new Set(runs.map(({ data }) => data))];
  const end = ended < of ? `; broken off${brokenOff === undefined ? '' : ` (${brokenOff})`} after ${ended} of ${of} splits` : '';
  return `${whole(runs.length)} fits of ${names.join('; ')}${end}`;
}

/** `lines`, each "kind: what", without those that say what the last one of their kind said. */
function changed(lines: readonly string[]): string[] {
  const last = new Map<string, string>();
  return lines.filter((line) => {
    const kind = line.slice(0, line.indexOf(':'));
    const again = last.get(kind) === line;
    last.set(kind, line);
    return !again;
  });
}
