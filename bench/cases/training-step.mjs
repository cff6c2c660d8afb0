// One trial of this package's side of the training bench, in a process of its own.
// usage: node training-step.mjs FOLDER NETWORK CHECK_STEPS WARM_STEPS TIMED_STEPS; prints one line of JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build, exampleSize } from './training-networks.mjs';

const require = createRequire(import.meta.url);
const { kernels } = require('../../dist/models/kernels.js');
const { tensorflowStatus } = require('../../dist/models/tensorflow.js');
const { createOptimizer } = require('../../dist/training/optimizer.js');
const { resolveOptimizer } = require('../../dist/training/optimizer-options.js');
const { chooseTrainingKernels } = require('../../dist/training/own-operations.js');

const [folder, name, checkSteps, warmSteps, timedSteps] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
const chosen = chooseTrainingKernels();
const model = build(name);
const bytes = (file) => new Uint8Array(readFileSync(`${folder}/${name}.${file}.bin`)).buffer;
const values =
  spec.input.kind === 'text' ? new Int32Array(bytes('values')) : new Float32Array(bytes('values'));
const labels = new Int32Array(bytes('labels'));
const { momentum, weightDecay } = spec;
// On everything, as torch.optim.SGD has it.
const recipe = resolveOptimizer({ momentum, weightDecay, decayBatchNorm: true }, 'bench');
const optimizer = createOptimizer(kernels(), model, recipe);
const perBatch = spec.batch * exampleSize(spec);
const batches = labels.length / spec.batch;

function step(i) {
  const at = i % batches;
  const { losses, gradient } = model.gradient(
    values.slice(at * perBatch, (at + 1) * perBatch),
    labels.slice(at * spec.batch, (at + 1) * spec.batch),
    spec.batch,
  );
  optimizer.step(gradient, spec.rate);
  kernels().free(gradient);
  return losses.reduce((sum, loss) => sum + loss, 0) / spec.batch;
}

let done = 0;
const losses = Array.from({ length: Number(checkSteps) }, () => step(done++));
for (let i = 0; i < Number(warmSteps); i++) step(done++);
const milliseconds = Array.from({ length: Number(timedSteps) }, () => {
  const start = performance.now();
  step(done++);
  return performance.now() - start;
});
console.log(JSON.stringify({ losses, milliseconds, version: tensorflowStatus().version, kernels: chosen }));
