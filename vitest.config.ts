import { configDefaults, defineConfig } from 'vitest/config';

/** What is measured by the clock runs after all other files, with nothing beside it. */
const alone = ['packages/playground/test/smooth.test.ts'];

// Tests import the built package by its name: what is tested is what is shipped.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Some pack and install the package, or start a browser, before the first test.
    hookTimeout: 60_000,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: { name: 'tests', include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...alone], sequence: { groupOrder: 0 } },
      },
      { extends: true, test: { name: 'alone', include: alone, sequence: { groupOrder: 1 } } },
    ],
  },
});
