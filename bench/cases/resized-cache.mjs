// npm run bench -- resized-cache [--photos N]: what a resized cache costs and gives, by the size of the photographs.
// Prints the table of docs/guides/data.md; processor time of all threads, so that other work on the machine does not count.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makePhotos } from '../inputs/make-photos.mjs';
import { machineName } from '../machine.mjs';

const SIZES = [
  [500, 375],
  [1000, 750],
  [2000, 1500],
  [4000, 3000],
];
const SIDE = 256;
const REPETITIONS = 3;

const require = createRequire(import.meta.url);

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** One training epoch or one scoring pass: every value of the batches, as bytes' worth (0 … 255). */
async function pass(dataset, augment) {
  const { openLoader } = require('../../dist/data/example-loader.js');
  const loader = openLoader({
    dataset,
    batchSize: dataset.count,
    augment,
    shuffle: false,
    seed: 0,
    dropLast: false,
  });
  const times = [];
  let values;
  try {
    for (let epoch = 0; epoch <= REPETITIONS; epoch++) {
      const start = processorMs();
      for await (const batch of loader.epoch(0)) values = Float32Array.from(batch.values);
      if (epoch > 0) times.push((processorMs() - start) / dataset.count);
    }
  } finally {
    await loader.close();
  }
  const bytes = values.map((value, i) => 255 * (value * dataset.std[i % 3] + dataset.mean[i % 3]));
  return { ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)], bytes };
}

function meanDifference(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

async function measure([width, height], count, folder) {
  const { loadExamples } = require('../../dist/index.js');
  const { readPath } = require('../../dist/data/image-files.js');
  const { resizedImages } = require('../../dist/data/images/resized-cache.js');
  const photos = path.join(folder, `${width}`);
  await makePhotos(path.join(photos, 'a'), count, width, height);
  const { train: plain } = await loadExamples(photos, { cacheDirectory: folder });
  // In this thread, and once to another side before: starting threads and loading sharp is no image's time.
  const options = { name: 'photos', folder: plain.folder, files: plain.files, cache: folder, threads: 0 };
  await resizedImages({ ...options, side: SIDE + 1 });
  const start = processorMs();
  const resized = { ...plain, resized: await resizedImages({ ...options, side: SIDE }) };
  const conversion = (processorMs() - start) / count;
  const size = (dataset) =>
    plain.files.reduce((sum, _, row) => sum + statSync(readPath(dataset, row)).size, 0) / count;
  const both = async (change, augment) => [
    await pass({ ...plain, ...change }, augment),
    await pass({ ...resized, ...change }, augment),
  ];
  const training = await both({}, true);
  const tests = await both({}, false);
  // Random crops of a copy lie elsewhere. What a small one loses: the middle with 224 of 512 pixels of the shorter side.
  const small = await both({ resize: 512 }, false);
  return [
    `${width} × ${height}`,
    `${(size(plain) / 1000).toFixed(0)} kB`,
    `${(size(resized) / 1000).toFixed(0)} kB`,
    conversion.toFixed(1),
    ...training.map(({ ms }) => ms.toFixed(2)),
    ...tests.map(({ ms }) => ms.toFixed(2)),
    meanDifference(tests[0].bytes, tests[1].bytes).toFixed(2),
    meanDifference(small[0].bytes, small[1].bytes).toFixed(2),
  ];
}

/** Processor time an image, in microseconds, of a load that finds every copy there. */
async function findAll(count, folder) {
  const { resizedImages } = require('../../dist/data/images/resized-cache.js');
  const images = path.join(folder, 'many');
  await makePhotos(images, 1, 64, 48);
  const [one] = readdirSync(images);
  const files = Array.from({ length: count }, (_, i) => `${i}.jpg`);
  for (const file of files) copyFileSync(path.join(images, one), path.join(images, file));
  const options = { name: 'many', folder: images, files, side: 32, cache: folder, threads: 0 };
  await resizedImages(options);
  const start = processorMs();
  await resizedImages(options);
  return (1000 * (processorMs() - start)) / count;
}

export default {
  title: 'Resized cache',
  options: { photos: { type: 'string', default: '16' } },
  async run({ photos }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'svp-resized-'));
    try {
      console.log(
        '| photograph | file | copy | conversion | training: file | copy | tests: file | copy | difference | of a small crop |',
      );
      console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
      for (const size of SIZES) {
        console.log(`| ${(await measure(size, Number(photos), folder)).join(' | ')} |`);
      }
      console.log(`\nAll there: ${(await findAll(5000, folder)).toFixed(0)} µs an image and load.`);
      console.log(`Machine: ${machineName()}.`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
