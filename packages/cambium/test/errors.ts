import { expect } from 'vitest';
import { CambiumError, type ErrorCode } from '../src/errors.ts';

/** Runs `act` and expects a `CambiumError` of `code` whose message matches. */
export async function expectError(
  act: () => unknown,
  code: ErrorCode,
  message: RegExp | string,
): Promise<CambiumError> {
  let error: unknown;
  try {
    await act();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(CambiumError);
  const found = error as CambiumError;
  expect(found.message).toMatch(message);
  expect(found.code).toBe(code);
  return found;
}
