// Runs one model once in ONNX Runtime, on a thread of its own: jest's modules have other typed arrays than the runtime's binding.
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession, Tensor } = require('onnxruntime-node');

async function main() {
  const { model, name, dims, data } = workerData;
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const type = data instanceof Int32Array ? 'int32' : 'float32';
  const results = await session.run({ [name]: new Tensor(type, data, dims) });
  const outputs = Object.entries(results).map(([key, { dims, data }]) => [key, { dims: [...dims], data }]);
  await session.release();
  parentPort.postMessage(Object.fromEntries(outputs));
}

main();
