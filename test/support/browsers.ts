/** Where the browsers of this machine are. */
import { BROWSERS, find } from '../../scripts/browsers.mjs';

/**
 * The program that the environment variable names, or the one found under a usual name.
 *
 * @throws Error that says what to install
 */
export function browserPath(variable: 'CHROMIUM' | 'FIREFOX'): string {
  const browser = BROWSERS.find((each) => each.variable === variable)!;
  const found = find(browser);
  if (found !== undefined) return found;
  throw new Error(`no browser under the names ${browser.names.join(', ')}: install one (apt-get install ${browser.debian}), or set ${variable} to its path`);
}
