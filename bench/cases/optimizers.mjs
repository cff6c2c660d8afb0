// One update of preact20's parameters by each optimizer — gradient in, parameters moved — against PyTorch on the CPU.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './training-networks.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const THREADS = 2;
const CHECK_STEPS = 5;
const WARM_STEPS = 20;
const TIMED_STEPS = 200;
/** Of a parameter after the steps that are compared; float32 sums in another order. */
const TOLERANCE = 2e-6;

/** As resolveOptimizer takes them; bench/peers/optimizers.py says the same to PyTorch. Everything decays, as there. */
const RECIPES = {
  sgd: { momentum: 0.9, weightDecay: 5e-4 },
  nesterov: { momentum: 0.9, weightDecay: 5e-4, nesterov: true },
  adam: { optimizer: 'adam', weightDecay: 0 },
  adamw: { optimizer: 'adamw', weightDecay: 0.01 },
};
const TITLES = {
  sgd: 'SGD with momentum',
  nesterov: "SGD with Nesterov's momentum",
  adam: 'Adam without weight decay',
  adamw: 'AdamW',
};
const steps = [CHECK_STEPS, WARM_STEPS, TIMED_STEPS];

const ours = (name, recipe, label) => ({
  id: `${name}/svp${recipe.decayBatchNorm ? '' : '-default'}`,
  group: name,
  label,
  command: ({ folder }) => ({
    command: process.execPath,
    args: [path.join(here, 'optimizers-trial.mjs'), folder, JSON.stringify(recipe), ...steps],
    env: {
      ...require('../../dist/models/tensorflow.js').trainingEnvironment(),
      TF_NUM_INTRAOP_THREADS: String(THREADS),
    },
  }),
});

const torch = (name, kind) => ({
  id: `${name}/torch-${kind}`,
  group: name,
  label: `PyTorch, ${kind}`,
  peer: 'training',
  command: ({ folder, python }) => ({
    command: python,
    args: [path.join(here, '../peers/optimizers.py'), folder, name, kind, THREADS, ...steps],
  }),
});

export default {
  title: 'One update of the parameters',
  unit: 'ms',
  trials: 5,
  groups: TITLES,
  subjects: Object.entries(RECIPES).flatMap(([name, recipe]) => [
    ours(name, { ...recipe, decayBatchNorm: true }, 'this package (TensorFlow)'),
    ...(recipe.weightDecay > 0 ? [ours(name, recipe, 'this package, batch norm spared (the default)')] : []),
    torch(name, 'one by one'),
    torch(name, 'fused'),
  ]),

  /** The network's first weights, and a gradient for each step that is compared. */
  prepare(folder) {
    const { Random } = require('../../dist/core/random.js');
    const { kernels } = require('../../dist/models/kernels.js');
    const model = build('preact20');
    const random = new Random(11);
    const gradients = new Float32Array(CHECK_STEPS * model.parameters).map(() => random.normal() * 0.01);
    writeFileSync(`${folder}/shapes.json`, JSON.stringify(model.parameterList.map(({ shape }) => shape)));
    writeFileSync(`${folder}/weights.bin`, Buffer.from(kernels().read(model.parameterVector).buffer));
    writeFileSync(`${folder}/gradients.bin`, Buffer.from(gradients.buffer));
  },

  /** The work is the same only if the parameters are. Called with each round's outputs before any time of it counts. */
  verify(outputs) {
    for (const name of Object.keys(RECIPES)) {
      const group = outputs.filter(
        ({ subject }) => subject.group === name && !subject.id.endsWith('-default'),
      );
      for (const { subject, output } of group) {
        output.sample.forEach((value, i) => {
          const reference = group[0].output.sample[i];
          if (!(Math.abs(value - reference) <= TOLERANCE)) {
            throw new Error(`${subject.id}: parameter ${i} of the sample is ${value}, not ${reference}.`);
          }
        });
      }
    }
  },

  notes: (outputs) => [
    `${outputs[0].output.parameters.toLocaleString('en')} parameters of preact20 and float32 gradients; ${THREADS} threads; the same parameters (every 97th, within ` +
      `${TOLERANCE}) after ${CHECK_STEPS} updates, where everything decays. A trial is the median of ${TIMED_STEPS} updates in a fresh ` +
      'process.',
    `Versions: ${[...new Set(outputs.map(({ subject, output }) => `${subject.peer ? 'PyTorch' : 'TensorFlow'} ${output.version}`))].join(', ')}.`,
  ],
};
