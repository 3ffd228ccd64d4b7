/** A run that hangs anywhere, at its end too, fails and says where. */
import { expect, test } from 'vitest';
import { runInTime, type Runtime } from './runtime.ts';

test('a runtime that does not end is given up, and what was waited for is named', async () => {
  const stuck: Runtime = {
    name: 'stuck',
    loading: 'file',
    pinned: true,
    async run(_, stage) {
      stage('the page');
      await Promise.resolve();
      stage('the end of the browser');
      return new Promise(() => {});
    },
  };
  await expect(runInTime(stuck, '', 50)).rejects.toThrow('no end after 0.05 s; waited for the end of the browser');
});
