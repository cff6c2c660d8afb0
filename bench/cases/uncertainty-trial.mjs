// One trial of this package's side of the uncertainty bench, in a process of its own.
// usage: node uncertainty-trial.mjs LOGITS ROWS COLUMNS THREADS REPETITIONS SAMPLE; prints one line of JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { uncertainty } = require('../../dist/native/uncertainty.js');

const [file, rows, columns, threads, repetitions, sample] = process.argv.slice(2);
const logits = {
  data: new Float32Array(readFileSync(file).buffer),
  rows: Number(rows),
  columns: Number(columns),
};
const score = () => uncertainty(logits, { threads: Number(threads) });

const scores = await score();
const milliseconds = [];
for (let i = 0; i < Number(repetitions); i++) {
  const start = performance.now();
  await score();
  milliseconds.push(performance.now() - start);
}
const sampled = Object.fromEntries(
  Object.entries(scores).map(([measure, values]) => [
    measure,
    Array.from(values.filter((_, i) => i % Number(sample) === 0)),
  ]),
);
console.log(JSON.stringify({ milliseconds, sampled }));
