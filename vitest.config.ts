import { defineConfig } from 'vitest/config';

// Tests import the built package by its name: what is tested is what is shipped.
export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    // Some pack and install the package, or start a browser, before the first test.
    hookTimeout: 60_000,
    passWithNoTests: false,
  },
});
