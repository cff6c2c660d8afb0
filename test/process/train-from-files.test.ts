/** `svp train` on each data set of the paper, from small files in its true format. */
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { makeSmallDataSets } from '../unit/data/datasets/small-data-sets';
import { temporaryFolder } from '../unit/data/temporary';
import { runSvp } from './run-svp';

const root = temporaryFolder();
const small = path.join(root, 'small');
beforeAll(() => {
  makeSmallDataSets(small);
});

const train = (...args: string[]) =>
  runSvp(
    ['train', '--datasets-dir', small, '--batch-size', '16', '--epochs', '1', '--json', '--quiet', ...args],
    { cwd: root },
  );

const IMAGES = ['--arch', 'preact8', '--width', '4'];
const cases: [string, string[], number][] = [
  ['CIFAR-10, folder', ['--dataset', 'cifar10', ...IMAGES], 200],
  ['CIFAR-10, archive by path', ['--dataset', './small/cifar-10-binary.tar.gz', ...IMAGES], 200],
  ['CIFAR-100', ['--dataset', 'cifar100', ...IMAGES], 300],
  ['ImageNet', ['--dataset', 'imagenet', '--image-size', '32', '--validation', '6', ...IMAGES], 30],
  [
    'Amazon Review Polarity',
    ['--dataset', 'amazon_review_polarity', '--arch', 'vdcnn9-maxpool-lite', '--subset', 'rows.index'],
    40,
  ],
  [
    'Amazon Review Full, archive',
    ['--dataset', 'amazon-review-full', '--arch', 'vdcnn9-maxpool-lite', '--subset', 'rows.index'],
    40,
  ],
];

test.each(cases)('%s', async (_name, args, examples) => {
  await fs.writeFile(path.join(root, 'rows.index'), Array.from({ length: 40 }, (_, i) => `${i}\n`).join(''));
  const { code, stdout, stderr } = await train(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout);
  expect(result.examples).toBe(examples);
  expect(result.testAccuracy).toBeGreaterThanOrEqual(0);
  expect(await fs.readdir(path.resolve(root, result.runDirectory))).toContain('train.index');
});

test('--resized-cache: a dry run keeps nothing, a training makes copies and reads them', async () => {
  const cache = path.join(small, 'datasets', 'resized-images');
  const args = ['--dataset', 'imagenet', '--image-size', '16', '--resized-cache', '20', ...IMAGES];
  expect((await train(...args, '--dry-run')).code).toBe(0);
  await expect(fs.stat(cache)).rejects.toThrow('ENOENT');
  const { code, stdout, stderr } = await train(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout).examples).toBe(36);
  const copies = (await fs.readdir(cache, { recursive: true })).filter((name) => name.endsWith('.jpg'));
  // Both halves.
  expect(copies.length).toBeGreaterThan(36);
  const refused = await train(...args, '--resized-cache', '15');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/resizedCache: 15 pixels are fewer than the 16/);
});

test('a data set that is not there, and one that the network does not take', async () => {
  const missing = await train('--dataset', 'cifar10', '--datasets-dir', root);
  expect(missing.code).toBe(3);
  expect(missing.stderr).toContain('data_batch_1.bin');
  const text = await train('--dataset', 'amazon-review-polarity', ...IMAGES);
  expect(text.code).toBeGreaterThan(1);
  expect(text.stderr).toMatch(/text/);
});
