import { isSvpError, type SvpError } from '../../../src/errors';

/** The module anew, with the package replaced. */
function withPackage(factory: () => unknown): typeof import('../../../src/models/tensorflow') {
  jest.resetModules();
  jest.doMock('@tensorflow/tfjs-node-gpu', factory);
  return require('../../../src/models/tensorflow');
}

function thrown(call: () => unknown): SvpError {
  try {
    call();
  } catch (error) {
    if (isSvpError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the training runtime', () => {
  const environment = { ...process.env };
  afterEach(() => {
    jest.dontMock('@tensorflow/tfjs-node-gpu');
    process.env = { ...environment };
  });

  test.each([
    ["Cannot find module '@tensorflow/tfjs-node-gpu'", 'npm ci'],
    ['The Node.js native addon module (tfjs_binding.node) can not be found', 'npm run setup'],
    ['libtensorflow.so.2: cannot open shared object file', 'npm run setup'],
    ['something else', 'svp doctor'],
  ])('missing (%s): says what to do', (message, remedy) => {
    const module = withPackage(() => {
      throw new Error(message);
    });
    const error = thrown(() => module.tensorflow());
    expect(error.code).toBe('SVP_E_RUNTIME');
    expect(error.message).toContain(remedy);
    expect(module.tensorflowStatus()).toEqual({ loaded: false, reason: error.message });
  });

  test('loaded without its native backend', () => {
    const module = withPackage(() => ({ backend: () => ({}) }));
    expect(thrown(() => module.tensorflowBinding()).code).toBe('SVP_E_RUNTIME');
  });

  test('loaded: version and device', () => {
    const binding = { executeOp: () => [], TF_Version: '2.19.1', isUsingGpuDevice: () => false };
    const module = withPackage(() => ({ backend: () => ({ binding }), version: { 'tfjs-node': '4.22.0' } }));
    expect(module.tensorflowStatus()).toEqual({
      loaded: true,
      version: '2.19.1',
      bindingVersion: '4.22.0',
      device: 'cpu',
    });
  });

  test("settings that the user made stay, the package's own fill the rest", () => {
    delete process.env.TF_ENABLE_ONEDNN_OPTS;
    process.env.TF_CPP_MIN_LOG_LEVEL = '0';
    withPackage(() => ({})).tensorflow();
    expect(process.env.TF_CPP_MIN_LOG_LEVEL).toBe('0');
    expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBe('1');
    expect(Number(process.env.TF_NUM_INTRAOP_THREADS)).toBeGreaterThanOrEqual(1);
  });

  test('functions that Node 23 removed from util are there again', () => {
    const util = require('node:util') as Record<string, unknown>;
    const held = util.isNullOrUndefined;
    delete util.isNullOrUndefined;
    try {
      withPackage(() => ({})).tensorflow();
      const restored = util.isNullOrUndefined as (value: unknown) => boolean;
      expect([null, undefined, 0, ''].map(restored)).toEqual([true, true, false, false]);
    } finally {
      util.isNullOrUndefined = held;
    }
  });
});
