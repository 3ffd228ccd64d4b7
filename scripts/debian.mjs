// Packages of Debian and its relatives, installed where that can be done without a question.
import { output, run, say } from './lib.mjs';

/**
 * Installs what `choose` names, once the lists are read; `has(name)` tells it what this system knows. Does nothing where
 * there is no apt-get or no way to become root.
 */
export function installFromDebian(purpose, choose) {
  const sudo = asRoot();
  if (!sudo || !output('apt-get', ['--version'])) return;
  const [command, ...prefix] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const apt = (...args) => run(command, [...prefix, ...args]);
  say(`reading the package lists of this system (apt-get update), to find ${purpose}`);
  apt('update', '-qq');
  const packages = choose((name) => output('apt-cache', ['show', name]) !== undefined);
  if (packages.length === 0) return say(`this system has no package for ${purpose}`);
  say(`installing ${packages.join(' ')}: ${purpose}`);
  apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

/** How to become root: `[]` when we are, `['sudo']`, or undefined. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  // With -n sudo never waits for a password that nobody can type.
  return output('sudo', ['-n', 'true']) === undefined && !process.stdin.isTTY ? undefined : ['sudo'];
}
