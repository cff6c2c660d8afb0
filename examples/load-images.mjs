// A named data set as arrays, and a part of it as a .npy file for numpy.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetNames, loadDataset, readNpy, writeNpy } from 'selection-via-proxy';

console.log(`data sets: ${datasetNames().join(', ')}`);

const { train, test } = await loadDataset('mnist');
console.log(
  `${train.name}: ${train.count} images of ${train.height} × ${train.width}, mean ${train.mean[0].toFixed(4)}`,
);
console.log(`${test.name}: ${test.count} images; the first is a ${test.classNames[test.labels[0]]}`);

const folder = await mkdtemp(join(tmpdir(), 'svp-example-'));
const file = join(folder, 'first.npy');
await writeNpy(file, train.images.subarray(0, 100 * train.height * train.width), [
  100,
  train.height,
  train.width,
]);
const { shape, dtype } = await readNpy(file);
console.log(`first.npy: ${shape.join(' × ')} of ${dtype}`);
await rm(folder, { recursive: true });
