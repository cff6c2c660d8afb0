// The benches' feature files: made at first use, kept in the cache folder ($SVP_CACHE and so on) under bench/.
//
// 'trained': the last hidden layer of a network that this package trains on Fashion-MNIST (network.mjs), of its 70,000
// images and then of ever new variants of them (augment.mjs), so that a pool can have any size. A shorter file is the
// beginning of a longer one. 'noise': independent standard normal values.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMatrix } from './matrix-file.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));

/** Raised when the same input would come out otherwise. */
const VERSION = 1;

/** Everything that the values depend on. `small`: a network trained for a moment, to try the bench out. */
export function recipeOf({ kind, columns, small = false }) {
  if (kind === 'noise') return { version: VERSION, kind, seed: 5 };
  if (kind !== 'trained') throw new Error(`There are no ${kind} features.`);
  return {
    version: VERSION,
    kind,
    network: { columns, seed: 1 },
    training: small
      ? { images: 2048, epochs: [1], learningRates: [0.05], seed: 1 }
      : { images: 60_000, epochs: [3, 1], learningRates: [0.05, 0.01], seed: 1 },
    variants: { seed: 11 },
  };
}

export function benchCache() {
  const { cacheDirectory } = require('../../dist/data/datasets/cache.js');
  return path.join(cacheDirectory(), 'bench');
}

export function inputFile({ kind, rows, columns, small = false }) {
  return path.join(benchCache(), `${kind}${small ? '-small' : ''}-${rows}x${columns}.npy`);
}

/** { file, rows, columns, sha256, … } of an input that is there already, or undefined. */
export function findInput(input) {
  const { rows, columns } = input;
  return findMatrix(inputFile(input), { rows, columns, recipe: recipeOf(input) });
}

/** Makes an input unless it is there, in a process of its own: TensorFlow's memory and threads end with it. */
export function ensureInput(input) {
  const found = findInput(input);
  if (found) return found;
  const maker = path.join(here, 'make-features.mjs');
  const { status, error } = spawnSync(process.execPath, [maker, JSON.stringify(input)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error || status !== 0) throw new Error(`Making ${inputFile(input)} failed.`);
  const made = findInput(input);
  if (!made) throw new Error(`${inputFile(input)} is not what was asked for.`);
  return made;
}
