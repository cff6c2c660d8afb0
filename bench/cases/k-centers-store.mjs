// Finished trials, so that a long bench can be run in pieces: bench/results/k-centers.partial.json. A trial is found again
// only on the same machine, with the same input, the same code and the same parameters.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export function keyOf(parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}

export class TrialStore {
  /** @param fresh forgets what is there */
  constructor(file, { fresh = false } = {}) {
    this.file = file;
    this.trials = {};
    if (fresh || !existsSync(file)) return;
    try {
      this.trials = JSON.parse(readFileSync(file, 'utf8')).trials ?? {};
    } catch (error) {
      throw new Error(`${file} cannot be read (${error.message}): delete it, or start with --fresh.`);
    }
  }

  find(key) {
    return Object.hasOwn(this.trials, key) ? this.trials[key] : undefined;
  }

  /** Kept at once: what is measured is never measured again. */
  put(key, trial) {
    this.trials[key] = trial;
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.tmp`, `${JSON.stringify({ trials: this.trials }, null, 1)}\n`);
    renameSync(`${this.file}.tmp`, this.file);
  }
}
