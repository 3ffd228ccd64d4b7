import { expect, test } from 'vitest';
import { checkInitOptions } from '../../src/runtime/options.ts';
import type { InitOptions } from '../../src/runtime/protocol.ts';

test.each([
  [{ threads: 0 }, 'threads: 0'],
  [{ threads: 1.5 }, 'threads: 1.5'],
  [{ numerics: 'quick' }, 'numerics: quick'],
  [{ host: 'cloud' }, 'host: cloud'],
  [{ maxMemory: 1024 }, 'maxMemory: 1024'],
  [{ thread: 2 }, 'thread: unknown'],
])('refuses %o', (options, text) => {
  expect(() => checkInitOptions(options as InitOptions)).toThrow(text);
  expect(() => checkInitOptions(options as InitOptions)).toThrow(expect.objectContaining({ code: 'OPTION' }));
});

test('takes all that is documented', () => {
  expect(() => checkInitOptions({ threads: 2, numerics: 'portable', host: 'inline', maxMemory: 2 ** 30 })).not.toThrow();
});
