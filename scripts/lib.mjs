// Shared by the set-up scripts. They run on any Node from 20 on and use nothing but Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Tools that set-up installs for this repository only. */
export const tools = join(root, '.tools');
const stamps = join(tools, 'stamps');

/** An error that the user can mend; shown without a stack. */
export class SetupError extends Error {}

/** Says what is done and why. */
export function say(text) {
  console.log(`[set-up] ${text}`);
}

/** Runs a command in the open; throws when it fails. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const result = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
  if (result.error) throw new SetupError(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new SetupError(`this command failed (status ${result.status ?? result.signal}): ${[command, ...args].join(' ')}`);
}

/** What a command prints, without the last line break, or undefined when it fails or is not there. */
export function output(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Every file under `paths` (relative to the root) that `keep` accepts, sorted. */
export function files(paths, keep = () => true) {
  const skipped = new Set(['node_modules', 'target', 'dist', 'wasm-out', 'artifacts']);
  const walk = (path) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const full = join(path, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(full);
      return keep(full) ? [full] : [];
    });
  return paths
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
    .flatMap((path) => (readdirSafe(path) ? walk(path) : [path]))
    .sort();
}

function readdirSafe(path) {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}

/** A hash of the files' names and contents and of `more`. */
export function fingerprint(list, ...more) {
  const hash = createHash('sha256');
  for (const file of list) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  return hash.update(more.join('\0')).digest('hex');
}

/** Does `work` unless it was done with the same `print` before and `outputs` are all there. */
export function once(name, print, outputs, work) {
  const stamp = join(stamps, name);
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === print && outputs.every((path) => existsSync(path));
  if (done) return;
  work();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, print);
}
