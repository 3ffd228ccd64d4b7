/** Where the browsers of this machine are. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const usual = {
  CHROMIUM: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  FIREFOX: ['firefox-esr', 'firefox'],
};

/**
 * The program that the environment variable names, or the one found under a usual name.
 *
 * @throws Error that says what to install
 */
export function browserPath(variable: keyof typeof usual): string {
  const given = process.env[variable];
  if (given) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = usual[variable].flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found) return found;
  const [first] = usual[variable];
  throw new Error(`no browser under the names ${usual[variable].join(', ')}: install one (apt-get install ${first}), or set ${variable} to its path`);
}
