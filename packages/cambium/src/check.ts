import { CambiumError } from './errors.ts';

/** `value` as people read it in a message: strings quoted, long things cut. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length > 8 ? `an array of ${value.length}` : `[${value.map(show).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === 'object' && value !== null) return `{ ${Object.keys(value).join(', ')} }`;
  return String(value);
}

/** Throws `OPTION` unless `options` is a plain object with no keys beyond `allowed`. */
export function checkOptions(options: unknown, allowed: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new CambiumError('OPTION', `${where}: the options must be an object, not ${show(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!allowed.includes(key)) {
      throw new CambiumError('OPTION', `${where}: unknown option '${key}'; known are ${allowed.join(', ')}`);
    }
  }
}

/** Throws `OPTION` unless `value` is an integer of at least `least` (and at most `most`). */
export function checkInteger(value: unknown, name: string, least = 1, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
    throw new CambiumError('OPTION', `${name} must be an integer ${range}, not ${show(value)}`);
  }
  return value;
}

/** Throws `OPTION` unless `value` is a finite number from `least` to `most`, without the ends that are `open`. */
export function checkNumber(
  value: unknown,
  name: string,
  least: number = -Infinity,
  most: number = Infinity,
  open: 'least' | 'most' | 'both' | 'none' = 'none',
): number {
  const openLeast = open === 'least' || open === 'both';
  const openMost = open === 'most' || open === 'both';
  const inside = (n: number): boolean => (openLeast ? n > least : n >= least) && (openMost ? n < most : n <= most);
  if (typeof value !== 'number' || !Number.isFinite(value) || !inside(value)) {
    const ends = [
      ...(least === -Infinity ? [] : [`${openLeast ? 'above' : 'of at least'} ${least}`]),
      ...(most === Infinity ? [] : [`${openMost ? 'below' : 'of at most'} ${most}`]),
    ];
    throw new CambiumError(
      'OPTION',
      `${[`${name} must be a finite number`, ends.join(' and ')].filter(Boolean).join(' ')}, not ${show(value)}`,
    );
  }
  return value;
}

/** Throws `OPTION` unless `value` is one of `allowed`. */
export function checkOneOf<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  if (!allowed.includes(value as T)) {
    throw new CambiumError('OPTION', `${name} must be one of ${allowed.map(show).join(', ')}, not ${show(value)}`);
  }
  return value as T;
}

/** Throws `OPTION` unless `value` is true or false. */
export function checkBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new CambiumError('OPTION', `${name} must be true or false, not ${show(value)}`);
  return value;
}

/** Throws `SHAPE` unless `shape` is one or three positive integers; gives a copy. */
export function checkShape(shape: unknown, name: string): number[] {
  const sound =
    Array.isArray(shape) &&
    (shape.length === 1 || shape.length === 3) &&
    shape.every((n) => Number.isSafeInteger(n) && n > 0);
  if (!sound) {
    const forms = '[features] or [height, width, channels]';
    throw new CambiumError('SHAPE', `${name} must be ${forms} with positive integers, not ${show(shape)}`);
  }
  return [...shape] as number[];
}

/** Product of `shape`. */
export function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
