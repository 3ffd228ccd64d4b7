import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function executable(): string {
  const given = process.env['CHROMIUM'];
  const candidates = given ? [given] : (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    given
      ? `CHROMIUM names ${given}, which does not exist`
      : `no Chromium was found (${names.join(', ')}): install it (Debian: apt-get install chromium) or set CHROMIUM to its path`,
  );
}

/** Starts Chromium without a window, and without anything that would go to the network by itself. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable(),
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
