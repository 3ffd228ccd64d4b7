/** What Node, and what speaks its API, brings along. */

/** A builtin module of Node, or undefined on the Web. Not an import: bundlers for the Web would have to resolve it. */
export function builtin<T>(name: string): T | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule(name) as T | undefined;
}

/** The file system, or undefined on the Web. */
export function files(): typeof import('node:fs/promises') | undefined {
  return builtin('node:fs/promises');
}
