import { expect } from 'vitest';

/** An element of a picture. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** What stands in it, without that of its children. */
  text: string;
}

const entity = (text: string): string => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

/** All elements of `svg`, in the order in which they begin; fails where it is not well-formed. */
export function elements(svg: string): Element[] {
  const [all, open]: [Element[], Element[]] = [[], []];
  let at = 0;
  const token = /([^<]*)<(?:\/([a-z]+)|([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*)(\/?))>/gy;
  for (let found = token.exec(svg); found; found = token.exec(svg)) {
    const [whole, text, end, begin, attributes, alone] = found;
    at += whole.length;
    expect(text!.replaceAll(/&#\d+;/g, ''), 'a bare & or >').not.toMatch(/[&>]/);
    if (open.length > 0) open.at(-1)!.text += entity(text!);
    if (end) {
      expect(open.pop()?.name).toBe(end);
      continue;
    }
    const pairs = [...attributes!.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, entity(value!)]);
    expect(new Set(pairs.map(([key]) => key)).size, 'no attribute twice').toBe(pairs.length);
    const element = { name: begin!, attributes: Object.fromEntries(pairs) as Record<string, string>, children: [], text: '' };
    open.at(-1)?.children.push(element);
    all.push(element);
    if (!alone) open.push(element);
  }
  expect(open, 'elements that do not end').toEqual([]);
  expect(svg.slice(at)).toMatch(/^\s*$/);
  return all;
}
