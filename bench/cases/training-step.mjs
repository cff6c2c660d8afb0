// One trial of this package's side of the training bench, in a process of its own.
// usage: node training-step.mjs FOLDER NETWORK CHECK_STEPS WARM_STEPS TIMED_STEPS; prints one line of JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build, NETWORKS } from './training-networks.mjs';

const require = createRequire(import.meta.url);
const { kernels } = require('../../dist/models/kernels.js');
const { tensorflowStatus } = require('../../dist/models/tensorflow.js');
const { MomentumOptimizer } = require('../../dist/training/optimizer.js');

const { chooseTrainingKernels } = require('../../dist/training/own-operations.js');

const [folder, name, checkSteps, warmSteps, timedSteps] = process.argv.slice(2);
const spec = NETWORKS[name];
chooseTrainingKernels();
const model = build(name);
const bytes = (file) => new Uint8Array(readFileSync(`${folder}/${name}.${file}.bin`)).buffer;
const images = new Float32Array(bytes('images'));
const labels = new Int32Array(bytes('labels'));
const optimizer = new MomentumOptimizer(kernels(), model, spec);

function step() {
  const { losses, gradient } = model.gradient(images, labels, spec.batch);
  optimizer.step(gradient, spec.rate);
  kernels().free(gradient);
  return losses.reduce((sum, loss) => sum + loss, 0) / spec.batch;
}

const losses = Array.from({ length: Number(checkSteps) }, step);
for (let i = 0; i < Number(warmSteps); i++) step();
const milliseconds = Array.from({ length: Number(timedSteps) }, () => {
  const start = performance.now();
  step();
  return performance.now() - start;
});
console.log(JSON.stringify({ losses, milliseconds, version: tensorflowStatus().version }));
