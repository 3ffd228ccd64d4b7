const dark = matchMedia('(prefers-color-scheme: dark)');
let cache = new Map<string, string>();
/** Grows with each change of the colours; pictures compare it to know that they are out of date. */
let version = 0;

/** The colour of a custom property of the page, such as `--ink`, as it is now. */
export function colour(name: string): string {
  let value = cache.get(name);
  if (value === undefined) cache.set(name, (value = getComputedStyle(document.documentElement).getPropertyValue(name).trim()));
  return value;
}

/** Colours of classes and of hidden axes; further ones use them again. */
export function seriesColour(index: number): string {
  return colour(`--series-${index % 6}`);
}

/** Red, green and blue of a colour written as `#rgb` or `#rrggbb`; build tools shorten where they can. */
export function rgb(hex: string): [number, number, number] {
  const digits = hex.slice(1);
  const value = Number.parseInt(digits.length === 3 ? digits.replace(/./g, '$&$&') : digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function themeVersion(): number {
  return version;
}

/** Calls `listener` when the colours have changed. */
export function onThemeChange(listener: () => void): void {
  dark.addEventListener('change', () => {
    cache = new Map();
    version++;
    listener();
  });
}
