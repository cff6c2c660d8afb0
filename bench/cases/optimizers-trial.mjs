// One trial of this package's side of the optimizers bench, in a process of its own.
// usage: node optimizers-trial.mjs FOLDER RECIPE CHECK_STEPS WARM_STEPS TIMED_STEPS; prints one line of JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from './training-networks.mjs';

const require = createRequire(import.meta.url);
const { kernels } = require('../../dist/models/kernels.js');
const { tensorflowStatus } = require('../../dist/models/tensorflow.js');
const { createOptimizer } = require('../../dist/training/optimizer.js');
const { resolveOptimizer } = require('../../dist/training/optimizer-options.js');

const [folder, recipe, ...counts] = process.argv.slice(2);
const [checkSteps, warmSteps, timedSteps] = counts.map(Number);
const floats = (file) => new Float32Array(new Uint8Array(readFileSync(`${folder}/${file}.bin`)).buffer);
const model = build('preact20');
const size = model.parameters;
model.replaceParameters(kernels().float(floats('weights'), [size]));
const all = floats('gradients');
const gradients = Array.from({ length: checkSteps }, (_, i) =>
  kernels().float(all.slice(i * size, (i + 1) * size), [size]),
);
const optimizer = createOptimizer(kernels(), model, resolveOptimizer(JSON.parse(recipe), 'bench'));

let done = 0;
const step = () => optimizer.step(gradients[done++ % checkSteps], 0.001);
for (let i = 0; i < checkSteps; i++) step();
const sample = [...kernels().read(model.parameterVector)].filter((_, i) => i % 97 === 0);
for (let i = 0; i < warmSteps; i++) step();
const milliseconds = Array.from({ length: timedSteps }, () => {
  const start = performance.now();
  step();
  return performance.now() - start;
});
console.log(JSON.stringify({ sample, parameters: size, milliseconds, version: tensorflowStatus().version }));
