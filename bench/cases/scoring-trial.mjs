// One trial of this package's side of the scoring bench, in a process of its own; prints one line of JSON.
// usage: scoring-trial.mjs memory MODEL VALUES ITEMS COLUMNS BATCH THREADS
//        scoring-trial.mjs photos MODEL FOLDER BATCH THREADS
//        scoring-trial.mjs scores MODEL POOL OUT THREADS
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { scorePool } = require('../../dist/index.js');
const [kind, model, ...args] = process.argv.slice(2);

/** Every how many of the answers are compared. */
const STEP = 97;
const sample = (values) => Array.from(values.filter((_, i) => i % STEP === 0));

/** Largest resident memory of a process so far, in MiB. Not by getrusage, which begins with what its parent had. */
function peakOf(id) {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [0, 0];
  return Number(kibibytes) / 1024;
}

/** Largest resident memory of the children so far, in MiB. */
let childPeak = 0;
function watchChildren() {
  for (const task of readdirSync('/proc/self/task')) {
    try {
      const children = readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim();
      for (const child of children === '' ? [] : children.split(' ')) {
        childPeak = Math.max(childPeak, peakOf(child));
      }
    } catch {
      // A thread or a child that has ended.
    }
  }
}

async function run() {
  if (kind === 'memory') {
    const [file, items, columns, batch, threads] = args;
    const data = new Float32Array(new Uint8Array(readFileSync(file)).buffer);
    const { seconds, logits, runtime } = await scorePool({
      model,
      pool: { data, rows: Number(items), columns: Number(columns) },
      outputs: ['logits'],
      batchSize: Number(batch),
      threads: Number(threads),
    });
    return { seconds, sampled: sample(logits.data), version: `${runtime} by onnxruntime-node` };
  }
  if (kind === 'photos') {
    const [folder, batch, threads] = args;
    const { seconds, logits } = await scorePool({
      model,
      pool: folder,
      outputs: ['logits'],
      batchSize: Number(batch),
      threads: Number(threads),
    });
    return { seconds, sampled: sample(logits.data) };
  }
  const [pool, out, threads] = args;
  const { seconds } = await scorePool({
    model,
    pool,
    out,
    outputs: ['entropy'],
    threads: Number(threads),
    force: true,
    onProgress: ({ done, total }) => {
      // Memory that was high once stays so in the record.
      if (done === total) watchChildren();
    },
  });
  return { seconds, peakMiB: [peakOf('self'), childPeak] };
}

const { seconds, ...rest } = await run();
console.log(JSON.stringify({ milliseconds: [seconds * 1000], ...rest }));
