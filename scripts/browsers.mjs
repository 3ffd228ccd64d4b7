// The browsers that tests run in.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installFromDebian } from './debian.mjs';
import { say, SetupError } from './lib.mjs';

/** The environment variable that names a browser's program, the usual names of it, and Debian's package. */
export const BROWSERS = [
  { variable: 'CHROMIUM', names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'], debian: 'chromium' },
  { variable: 'FIREFOX', names: ['firefox-esr', 'firefox'], debian: 'firefox-esr' },
];

/** Installs the browsers that are missing, where that can be done; tests that need one fail without it. Says what to install by hand. */
export function browsers() {
  const missing = BROWSERS.filter((browser) => !find(browser));
  if (missing.length === 0) return;
  try {
    installFromDebian(`the browsers for tests (${missing.map(({ debian }) => debian).join(', ')})`, (has) => missing.map(({ debian }) => debian).filter(has));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
  for (const browser of missing.filter((each) => !find(each))) {
    say(`no ${browser.names[0]} was found, and tests in it will fail: install one of ${browser.names.join(', ')}, or set ${browser.variable} to its path`);
  }
}

/** The program of a browser of {@link BROWSERS}, or undefined. */
export function find({ variable, names }) {
  const given = process.env[variable];
  if (given) {
    if (!existsSync(given)) throw new SetupError(`${variable} is ${given}, which does not exist`);
    return given;
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
