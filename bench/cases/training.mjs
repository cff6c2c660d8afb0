// One training step — forward, loss, gradients, momentum update — of convolutional networks, against PyTorch on the CPU.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, draw, NETWORKS } from './training-networks.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const CHECK_STEPS = 5;
const WARM_STEPS = 3;
const TIMED_STEPS = 15;
const THREADS = 2;
/**
 * Of the loss. Float32 sums in another order drift apart step by step: after five steps of ResNet18 PyTorch's two memory
 * layouts are 2.4e-3 apart (this package is 1e-4 from the one, 2.3e-3 from the other).
 */
const LOSS_TOLERANCE = 4e-3;

const ours = (network) => ({
  id: `${network}/svp`,
  group: network,
  label: 'this package (TensorFlow)',
  command: ({ folder }) => ({
    command: process.execPath,
    args: [path.join(here, 'training-step.mjs'), folder, network, CHECK_STEPS, WARM_STEPS, TIMED_STEPS],
    // As the package starts its own training processes.
    env: {
      ...require('../../dist/models/tensorflow.js').trainingEnvironment(),
      TF_NUM_INTRAOP_THREADS: String(THREADS),
    },
  }),
});

const torch = (network, layout) => ({
  id: `${network}/torch-${layout}`,
  group: network,
  label: `PyTorch, ${layout}`,
  peer: 'training',
  command: ({ folder, python }) => ({
    command: python,
    args: [
      path.join(here, '../peers/training.py'),
      folder,
      network,
      layout,
      THREADS,
      CHECK_STEPS,
      WARM_STEPS,
      TIMED_STEPS,
    ],
  }),
});

/** Weights, batches and the description that bench/peers/training.py reads. */
export function writeInputs(folder, name, batches, more = {}) {
  const spec = { ...NETWORKS[name], ...more };
  const { values, labels } = draw(spec, batches);
  const weights = build(name)
    .weights()
    .filter((array) => !array.name.includes('.running_'));
  const arrays = weights.map(({ name: array, shape }) => ({ name: array, shape }));
  writeFileSync(`${folder}/${name}.json`, JSON.stringify({ ...spec, arrays }));
  const file = (part, list) =>
    writeFileSync(`${folder}/${name}.${part}.bin`, Buffer.concat(list.map((a) => Buffer.from(a.buffer))));
  file(
    'weights',
    weights.map(({ data }) => data),
  );
  file('values', [values]);
  file('labels', [labels]);
}

export default {
  title: 'One training step',
  unit: 'ms',
  trials: 5,
  groups: Object.fromEntries(Object.entries(NETWORKS).map(([name, { title }]) => [name, title])),
  subjects: Object.keys(NETWORKS).flatMap((network) => [
    ours(network),
    torch(network, 'channels-first'),
    torch(network, 'channels-last'),
  ]),

  /** The same weights and the same batch for everyone. */
  prepare(folder) {
    for (const name of Object.keys(NETWORKS)) writeInputs(folder, name, 1);
  },

  /** The work is the same only if the losses are. Called with each round's outputs before any time of it counts. */
  verify(outputs) {
    for (const network of Object.keys(NETWORKS)) {
      const group = outputs.filter(({ subject }) => subject.group === network);
      for (const { subject, output } of group) {
        output.losses.forEach((loss, step) => {
          const reference = group[0].output.losses[step];
          if (!(Math.abs(loss - reference) <= LOSS_TOLERANCE * Math.abs(reference))) {
            throw new Error(
              `${subject.id}: the loss of step ${step + 1} is ${loss}, that of ${group[0].subject.id} is ${reference}.`,
            );
          }
        });
      }
    }
  },

  notes: (outputs) => [
    `Forward, loss, gradients and the update with momentum 0.9 and weight decay 5e-4; float32; ${THREADS} threads; the same ` +
      `weights and batch everywhere, and the same loss over the first ${CHECK_STEPS} steps (within ${LOSS_TOLERANCE} of it), ` +
      `which come before the clock starts. A trial is the median of ${TIMED_STEPS} steps in a fresh process after ` +
      `${CHECK_STEPS + WARM_STEPS} steps of warming up.`,
    `Versions: ${[...new Set(outputs.map(({ subject, output }) => `${subject.peer ? 'PyTorch' : 'TensorFlow'} ${output.version}`))].join(', ')}.`,
  ],
};
