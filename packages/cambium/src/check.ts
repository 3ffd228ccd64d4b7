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

/** The largest integer that the engine reads. */
const MOST_INTEGER = 0xffff_ffff;

/** Throws `OPTION` unless `value` is an integer of at least `least` and at most `most`. */
export function checkInteger(value: unknown, name: string, least = 1, most?: number): number {
  const limit = most ?? MOST_INTEGER;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > limit) {
    const tooLarge = typeof value === 'number' && value > limit;
    const range = most === undefined && !tooLarge ? `at least ${least}` : `from ${least} to ${limit}`;
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

/** As `checkNumber`, for numbers that the engine keeps in 32 bits: they must lie in the range after rounding too. */
export function checkFloat(
  value: unknown,
  name: string,
  least: number = -Infinity,
  most: number = Infinity,
  open: 'least' | 'most' | 'both' | 'none' = 'none',
): number {
  const given = checkNumber(value, name, least, most, open);
  const float = Math.fround(given);
  if (!Number.isFinite(float)) throw new CambiumError('OPTION', `${name} is ${given}, which is too large for a 32-bit float`);
  const onOpenEnd =
    ((open === 'least' || open === 'both') && float === least) || ((open === 'most' || open === 'both') && float === most);
  if (onOpenEnd) {
    const side = float === least ? 'above' : 'below';
    throw new CambiumError('OPTION', `${name} is ${given}, which is ${float} as a 32-bit float; it must be ${side} that`);
  }
  return given;
}

/** `rates` as a list of numbers of at least 0; the engine checks how many. Throws `OPTION`. */
export function checkRates(rates: readonly number[], name: string): number[] {
  if (!Array.isArray(rates)) throw new CambiumError('OPTION', `${name} must be an array of numbers, not ${show(rates)}`);
  return rates.map((rate, index) => checkFloat(rate, `${name}[${index}]`, 0));
}

/** Checks one field of an object. */
export type Check = (value: unknown, name: string) => unknown;

/** `check` for a field that may be absent. */
export function optional(check: Check): Check {
  return (value, name) => (value === undefined ? undefined : check(value, name));
}

/** Throws `OPTION` unless `value` is an object whose `type` is a key of `kinds`, with that kind's fields and no others; gives a copy. */
export function checkTagged<T extends { type: string }>(
  value: unknown,
  kinds: Readonly<Record<T['type'], Readonly<Record<string, Check>>>>,
  name: string,
): T {
  const types = Object.keys(kinds) as T['type'][];
  if (typeof value !== 'object' || value === null) {
    throw new CambiumError('OPTION', `${name} must be an object with a type of ${types.join(', ')}, not ${show(value)}`);
  }
  const given = value as Record<string, unknown>;
  const fields = kinds[checkOneOf(given['type'], types, `${name}.type`)];
  checkOptions(value, ['type', ...Object.keys(fields)], name);
  for (const [key, check] of Object.entries(fields)) check(given[key], `${name}.${key}`);
  return { ...value } as T;
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
    shape.every((n) => Number.isInteger(n) && n > 0);
  if (!sound) {
    const forms = '[features] or [height, width, channels]';
    throw new CambiumError('SHAPE', `${name} must be ${forms} with positive integers, not ${show(shape)}`);
  }
  const large = (shape as number[]).find((n) => n > MOST_INTEGER);
  if (large !== undefined) throw new CambiumError('SHAPE', `${name} has a size of ${large}; ${MOST_INTEGER} is the most`);
  return [...shape] as number[];
}

/** Product of `shape`. */
export function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
