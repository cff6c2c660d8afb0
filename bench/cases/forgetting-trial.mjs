// One trial of this package's side of the forgetting bench, in a process of its own.
// usage: node forgetting-trial.mjs EXAMPLES BATCH EPOCHS SAMPLE; prints one line of JSON.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const { ForgettingTracker } = require('../../dist/index.js');
const [examples, batch, epochs, sample] = process.argv.slice(2).map(Number);

/** A permutation that Python has, too. */
const order = Uint32Array.from({ length: examples }, (_, i) => (i * 611_953 + 12_345) % examples);
/** Right more often in later epochs. */
const answers = (epoch) =>
  Uint8Array.from(order, (row) => Number(((row + 1) * (2 * epoch + 7919)) % 1009 < 400 + 150 * epoch));

const tracker = new ForgettingTracker(examples);
const milliseconds = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  const correct = answers(epoch);
  const start = performance.now();
  for (let at = 0; at < examples; at += batch) {
    tracker.update(order.subarray(at, at + batch), correct.subarray(at, at + batch));
  }
  milliseconds.push(performance.now() - start);
}
const timed = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const folder = mkdtempSync(path.join(tmpdir(), 'svp-forgetting-'));
try {
  const file = path.join(folder, 'counters.svp');
  const merge = await timed(() => ForgettingTracker.merge([tracker, tracker]));
  const save = await timed(() => tracker.save(file));
  const load = await timed(() => ForgettingTracker.load(file));
  const sampled = Array.from(tracker.counts('zero').filter((_, i) => i % sample === 0));
  console.log(JSON.stringify({ milliseconds, sampled, merge, save, load, bytes: statSync(file).size }));
} finally {
  rmSync(folder, { recursive: true });
}
