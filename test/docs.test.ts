/** Every public symbol of the package, and every member of one, has a doc comment. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../packages/cambium/dist', import.meta.url));
const entries = ['index.d.ts', 'data/index.d.ts', 'formats/index.d.ts', 'report/index.d.ts'];

const declaration = /^(?:declare (?:abstract )?(?:class|function|const)|interface|type) (\w+)/;
/** A member begins at two spaces; comments, closings, tags of unions and what nobody can reach do not count. */
const member = /^ {2}(?! |\/|\*|\}|\)|private|protected|#|\[Symbol|constructor|readonly type: ")(?:readonly |static |get |set |abstract )*([\w$]+)/;

/** The names that an entry exports. */
function exported(entry: string): string[] {
  const text = readFileSync(join(dist, entry), 'utf8');
  const lists = [...text.matchAll(/export \{([^}]*)\}/g)].flatMap((match) => match[1]!.split(','));
  return lists.map((name) => name.trim().replace(/^type /, '')).filter((name) => name !== '');
}

/** The names of declarations in a file, and `Name.member`, that no comment stands above. */
function undocumented(file: string): { declared: string[]; missing: string[] } {
  const lines = readFileSync(file, 'utf8').split('\n');
  const declared: string[] = [];
  const missing: string[] = [];
  let owner: string | undefined;
  for (const [n, line] of lines.entries()) {
    const commented = /\*\/\s*$/.test(lines[n - 1] ?? '');
    const name = declaration.exec(line)?.[1];
    if (name !== undefined) {
      declared.push(name);
      owner = /\b(?:class|interface) .*\{$/.test(line) ? name : undefined;
      if (!commented) missing.push(name);
    } else if (line.startsWith('}')) owner = undefined;
    else if (owner !== undefined) {
      const inner = member.exec(line)?.[1];
      if (inner !== undefined && !commented) missing.push(`${owner}.${inner}`);
    }
  }
  return { declared, missing };
}

describe('the declarations of the package', () => {
  const files = globSync('**/*.d.ts', { cwd: dist });
  const found = files.map((file) => undocumented(join(dist, file)));
  const declared = new Set(found.flatMap((file) => file.declared));
  const missing = found.flatMap((file) => file.missing);

  it.each(entries)('document all that %s exports', (entry) => {
    const names = exported(entry);
    expect(names.length, dirname(entry)).toBeGreaterThan(0);
    expect(names.filter((name) => !declared.has(name))).toEqual([]);
    const open = missing.filter((name) => names.includes(name.split('.')[0]!));
    expect(open).toEqual([]);
  });
});
