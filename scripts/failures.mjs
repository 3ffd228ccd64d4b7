// What a run of vitest says of its failures, in a few lines.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './lib.mjs';

/** A line for each test that failed and each file with a failure outside of its tests, from a report of vitest's reporter `json`; none where there is no whole report. */
export function failures(report) {
  const results = existsSync(report) ? resultsOf(readFileSync(report, 'utf8')) : [];
  return results.filter(({ status }) => status === 'failed').flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const tests = assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0) return [line(file, message || 'failed outside of its tests')];
    return tests.map(({ fullName, failureMessages }) => line(`${file}, ${fullName}`, failureMessages[0] ?? 'no message'));
  });
}

/** A run that was ended may leave a part of a report. */
function resultsOf(text) {
  try {
    return JSON.parse(text).testResults;
  } catch {
    return [];
  }
}

function line(name, message) {
  return `  ${name}: ${message.split('\n', 1)[0]}`;
}
