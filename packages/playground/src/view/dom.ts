/** The element with `id`, which must be of that kind. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with id ${id}`);
  return found;
}

/** A new element with a text. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = '', className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

/** Sets a text only where it differs: writing costs a layout. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Pairs of name and value for a `dl`. Its values are found by their place. */
export function pairs(list: HTMLElement, names: readonly string[]): HTMLElement[] {
  return names.map((name) => {
    const value = element('dd');
    const pair = element('div');
    pair.append(element('dt', name), value);
    list.append(pair);
    return value;
  });
}
