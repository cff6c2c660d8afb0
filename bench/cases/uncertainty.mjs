// Uncertainty measures of a pool of logits, against what one writes with NumPy, SciPy and PyTorch, and against the speed at
// which this machine reads memory.
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileProgram } from '../compile.mjs';
import { median } from '../table.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const THREADS = 2;
/** Every how many rows the answers are compared, and how far float32 rivals may be from each other. */
const SAMPLE = 997;
const TOLERANCE = 2e-5;

const POOLS = {
  wide: { rows: 200_000, columns: 1000, repetitions: 9, slow: 2, timed: 10_000 },
  small: { rows: 50_000, columns: 10, repetitions: 30, slow: 15 },
  narrow: { rows: 1_281_167, columns: 10, repetitions: 15, slow: 3 },
};

const fileOf = (folder, pool) => path.join(folder, `${pool}.bin`);

const ours = (pool) => {
  const { rows, columns, repetitions } = POOLS[pool];
  return {
    id: `${pool}/svp`,
    group: pool,
    label: 'this package',
    command: ({ folder }) => ({
      command: process.execPath,
      args: [
        path.join(here, 'uncertainty-trial.mjs'),
        ...[fileOf(folder, pool), rows, columns, THREADS, repetitions, SAMPLE],
      ],
    }),
  };
};

const bandwidth = (pool) => ({
  id: `${pool}/read`,
  group: pool,
  label: `reading the logits, ${THREADS} threads`,
  limit: true,
  command: ({ folder }) => {
    const program = compileProgram({
      name: 'read-bandwidth',
      units: [{ source: 'bench/peers/read-bandwidth.cpp' }],
      flags: ['-O3', '-march=native', '-pthread'],
    });
    return { command: program.file, args: [fileOf(folder, pool), THREADS, POOLS[pool].repetitions] };
  },
});

const rival = (pool, library, label, sampleOfRows = false) => {
  const { rows, columns, slow, timed } = POOLS[pool];
  const part = sampleOfRows && timed ? timed : rows;
  return {
    id: `${pool}/${library}`,
    group: pool,
    label: part === rows ? label : `${label}, from ${part.toLocaleString('en')} rows`,
    peer: 'uncertainty',
    command: ({ folder, python }) => ({
      command: python,
      args: [
        path.join(here, '../peers/uncertainty.py'),
        ...[library, fileOf(folder, pool), rows, columns, THREADS, slow, SAMPLE, part],
      ],
    }),
  };
};

const hashOf = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

export default {
  title: 'Uncertainty from logits',
  unit: 'ms',
  trials: 3,
  groups: Object.fromEntries(
    Object.entries(POOLS).map(([pool, { rows, columns }]) => [
      pool,
      `${rows.toLocaleString('en')} rows × ${columns.toLocaleString('en')} classes`,
    ]),
  ),
  subjects: Object.keys(POOLS).flatMap((pool) => [
    ours(pool),
    bandwidth(pool),
    rival(pool, 'compile', 'torch.compile: softmax, entr, max (no margin)'),
    rival(pool, 'torch', 'PyTorch: log_softmax, topk'),
    rival(pool, 'numpy', 'NumPy: softmax in place, partition', true),
    rival(pool, 'scipy', 'SciPy: softmax, entropy (entropy alone)', true),
  ]),

  prepare(folder) {
    const { Random } = require('../../dist/core/random.js');
    for (const [pool, { rows, columns }] of Object.entries(POOLS)) {
      const random = new Random(11);
      const file = openSync(fileOf(folder, pool), 'w');
      for (let left = rows * columns; left > 0; ) {
        const logits = new Float32Array(Math.min(left, 1 << 22));
        for (let i = 0; i < logits.length; i++) logits[i] = 3 * random.normal();
        writeSync(file, logits);
        left -= logits.length;
      }
      closeSync(file);
    }
  },

  /** The times count only for equal answers. */
  verify(outputs) {
    for (const { subject, output } of outputs.filter(({ output }) => output.sampled)) {
      const reference = outputs.find((other) => other.subject.group === subject.group);
      for (const [measure, values] of Object.entries(output.sampled)) {
        values.forEach((value, i) => {
          const expected = reference.output.sampled[measure][i];
          if (!(Math.abs(value - expected) <= TOLERANCE)) {
            throw new Error(
              `${subject.id}: ${measure} of row ${i * SAMPLE} is ${value}, ${reference.subject.id} has ${expected}.`,
            );
          }
        });
      }
    }
  },

  /** The compared values would be most of the record: their hash says as much. */
  record: ({ sampled, ...rest }) => (sampled ? { ...rest, sampled: hashOf(sampled) } : rest),

  notes(outputs) {
    const time = (id) => {
      const times = outputs
        .filter(({ subject }) => subject.id === id)
        .map(({ output }) => output.milliseconds);
      return times.length === 0 ? undefined : median(times.map(median));
    };
    const shares = Object.entries(POOLS).flatMap(([pool, { rows, columns }]) => {
      const [svp, read] = [time(`${pool}/svp`), time(`${pool}/read`)];
      if (svp === undefined || read === undefined) return [];
      const speed = ((4 * rows * columns) / read / 1e6).toFixed(1);
      const share = ((100 * read) / svp).toFixed(0);
      return [`${rows.toLocaleString('en')} × ${columns.toLocaleString('en')}: ${speed} GB/s, ${share} %`];
    });
    return [
      `Entropy, least confidence and margin of normal logits (standard deviation 3), float32 in and out, ${THREADS} threads ` +
        '(NumPy, SciPy: one). A trial is the median of several repetitions in a fresh process after one to warm up; every ' +
        `${SAMPLE}th row is compared (within ${TOLERANCE}). This package is within 2 float32 ulp, the rivals sum in float32.`,
      ...(shares.length === 0
        ? []
        : [
            `Speed at which ${THREADS} threads read the same array, and this package's share of it: ${shares.join('; ')}.`,
          ]),
      `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
    ];
  },
};
