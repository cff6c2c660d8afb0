// One trial of this package's side of the data bench, in a process of its own.
// usage: node data-trial.mjs KIND PATH REPETITIONS; prints one line of JSON: milliseconds an image, a batch or a file.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { openImageFolder, openTextPool } = require('../../dist/index.js');
const { createLoader } = require('../../dist/data/loader.js');

const [kind, file, repetitions] = process.argv.slice(2);
const normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const milliseconds = [];
let sample = [];

/** Processor time in ms where a figure is per core, else the clock. */
const now = () => {
  if (kind !== 'jpeg') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Times a pass `repetitions` times, after one to warm up. @param pass returns by how much its time is divided */
async function time(pass) {
  for (let i = 0; i <= Number(repetitions); i++) {
    const start = now();
    const parts = await pass();
    if (i > 0) milliseconds.push((now() - start) / parts);
  }
}

if (kind === 'jpeg' || kind === 'jpeg2') {
  const size = { layout: 'nchw', height: 224, width: 224, channels: 3 };
  const pool = await openImageFolder(file, { ...size, ...normalization, threads: kind === 'jpeg' ? 1 : 2 });
  await time(async () => {
    for await (const { values, size: count } of pool.batches({ batchSize: 32 })) {
      // One by one: a copy of the image would take a tenth of the time that is measured.
      sample = [];
      for (let i = (count - 1) * 150_528; i < values.length; i += 997) sample.push(values[i]);
    }
    return pool.count;
  });
  await pool.close();
} else if (kind === 'cifar') {
  const images = new Uint8Array(readFileSync(file));
  const count = images.length / 3072;
  const dataset = {
    name: 'cifar',
    images,
    labels: new Uint8Array(count),
    count,
    height: 32,
    width: 32,
    channels: 3,
    classes: 1,
    classNames: ['0'],
    ...normalization,
  };
  const loader = createLoader({ dataset, batchSize: 128, augment: { padding: 4, flip: true } });
  let epoch = 0;
  await time(async () => {
    for await (const _batch of loader.epoch(epoch++));
    return count / 128;
  });
  await loader.close();
} else {
  const pool = await openTextPool(file);
  await time(async () => {
    let total = 0;
    for await (const { values, size } of pool.batches({ batchSize: 128 })) {
      for (let i = 0; i < size; i++) for (let k = 0; k < 16; k++) total += values[i * 1014 + k];
    }
    sample = [total];
    return 1;
  });
}
console.log(JSON.stringify({ milliseconds, sample }));
