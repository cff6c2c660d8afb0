// All three uncertainty measures of a pool of logits, against what one writes in NumPy and in PyTorch.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const THREADS = 2;
const REPETITIONS = 9;
/** Every how many rows the answers are compared, and how far float32 rivals may be from each other. */
const SAMPLE = 997;
const TOLERANCE = 2e-5;

const POOLS = {
  narrow: { rows: 1_281_167, columns: 10, title: '1,281,167 rows × 10 classes' },
  wide: { rows: 50_000, columns: 1000, title: '50,000 rows × 1,000 classes' },
};

const argumentsOf = (folder, pool) => [
  path.join(folder, `${pool}.bin`),
  POOLS[pool].rows,
  POOLS[pool].columns,
  THREADS,
  REPETITIONS,
  SAMPLE,
];

const ours = (pool) => ({
  id: `${pool}/svp`,
  group: pool,
  label: 'this package',
  command: ({ folder }) => ({
    command: process.execPath,
    args: [path.join(here, 'uncertainty-trial.mjs'), ...argumentsOf(folder, pool)],
  }),
});

const rival = (pool, library, label) => ({
  id: `${pool}/${library}`,
  group: pool,
  label,
  peer: 'training', // its environment holds PyTorch and NumPy
  command: ({ folder, python }) => ({
    command: python,
    args: [path.join(here, '../peers/uncertainty.py'), library, ...argumentsOf(folder, pool)],
  }),
});

export default {
  title: 'Uncertainty from logits',
  unit: 'ms',
  trials: 5,
  groups: Object.fromEntries(Object.entries(POOLS).map(([pool, { title }]) => [pool, title])),
  subjects: Object.keys(POOLS).flatMap((pool) => [
    ours(pool),
    rival(pool, 'torch', 'PyTorch (log_softmax, topk)'),
    rival(pool, 'numpy', 'NumPy (softmax in place, partition)'),
  ]),

  prepare(folder) {
    const { Random } = require('../../dist/core/random.js');
    for (const [pool, { rows, columns }] of Object.entries(POOLS)) {
      const random = new Random(11);
      const logits = new Float32Array(rows * columns);
      for (let i = 0; i < logits.length; i++) logits[i] = 3 * random.normal();
      writeFileSync(path.join(folder, `${pool}.bin`), logits);
    }
  },

  /** The times count only for equal answers. */
  verify(outputs) {
    for (const { subject, output } of outputs) {
      const reference = outputs.find((other) => other.subject.group === subject.group);
      for (const [measure, values] of Object.entries(reference.output.sampled)) {
        values.forEach((value, i) => {
          const actual = output.sampled[measure][i];
          if (!(Math.abs(actual - value) <= TOLERANCE)) {
            throw new Error(
              `${subject.id}: ${measure} of row ${i * SAMPLE} is ${actual}, ${reference.subject.id} has ${value}.`,
            );
          }
        });
      }
    }
  },

  notes: (outputs) => [
    `Entropy, least confidence and margin of normal logits (standard deviation 3), float32 in and out, ${THREADS} threads ` +
      `(NumPy: one). A trial is the median of ${REPETITIONS} repetitions in a fresh process after one to warm up; every ` +
      `${SAMPLE}th row is compared (within ${TOLERANCE}). This package sums in float64, the rivals in float32.`,
    `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
  ],
};
