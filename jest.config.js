// Tests run the TypeScript sources through swc; types are checked by `tsc` (scripts/test.mjs). Command-line tests run dist/.
// TensorFlow's kernels as the package's own processes run them (src/models/tensorflow.ts reads the same), and without
// its greeting in every test's output. The library reads these once, when it is loaded.
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
process.env.TF_CPU_ALLOCATOR_USE_BFC ??= 'true';
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  testTimeout: 60_000,
};
