import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import sharp from 'sharp';
import { loadImageFolders } from '../../../src/data/datasets/image-folders';
import { exampleBatches, openLoader } from '../../../src/data/example-loader';
import { openCsvFile } from '../../../src/data/formats/csv';
import type { ImageFileDataset } from '../../../src/data/image-files';
import { decodeImage } from '../../../src/data/images/decode';
import { imagePlan } from '../../../src/data/images/plan';
import { drawResizedCrop } from '../../../src/data/images/resized-crop';
import type { Batch, Loader } from '../../../src/data/loader';
import { readTextDataset, type TextDataset } from '../../../src/data/text/text-dataset';
import { failure, temporaryFolder } from './temporary';

const root = temporaryFolder();
let files: ImageFileDataset;
let texts: TextDataset;

beforeAll(async () => {
  for (let i = 0; i < 23; i++) {
    const where = path.join(root, 'images', `c${i % 3}`);
    await fs.mkdir(where, { recursive: true });
    const raw = Buffer.from(Array.from({ length: 30 * 40 * 3 }, (_, k) => (k * 7 + i * 31) % 256));
    await sharp(raw, { raw: { width: 40, height: 30, channels: 3 } })
      .png()
      .toFile(path.join(where, `${String(i).padStart(2, '0')}.png`));
  }
  files = (await loadImageFolders('own', path.join(root, 'images'), root, { imageSize: [12, 10] })).train;
  const csv = path.join(root, 'a.csv');
  await fs.writeFile(csv, Array.from({ length: 50 }, (_, i) => `${i % 4},text number ${i}\n`).join(''));
  const stream = await openCsvFile(csv);
  texts = await readTextDataset(stream, { name: 'texts', length: 20 });
  await stream.close();
});

interface Copied {
  values: number[];
  labels: number[];
  indices: number[];
}
const copy = ({ values, labels, indices }: Batch): Copied => ({
  values: [...values],
  labels: [...labels],
  indices: [...indices],
});

async function epochs(loader: Loader, ...numbers: number[]): Promise<Copied[][]> {
  const all: Copied[][] = [];
  try {
    for (const e of numbers) {
      const batches: Copied[] = [];
      for await (const batch of loader.epoch(e)) batches.push(copy(batch));
      expect(batches).toHaveLength(loader.batches);
      all.push(batches);
    }
  } finally {
    await loader.close();
  }
  return all;
}

describe.each(['images in files', 'texts'] as const)('%s', (kind) => {
  const dataset = () => (kind === 'texts' ? texts : files);
  const count = kind === 'texts' ? 50 : 23;

  test('an epoch has every row once, in an order of its own, the same for the same seed', async () => {
    const options = {
      dataset: dataset(),
      batchSize: 8,
      augment: { padding: 4, flip: true },
      seed: 5,
    } as const;
    const [first, second] = await epochs(openLoader(options), 0, 1);
    expect(first.flatMap((b) => b.indices).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    expect(second.flatMap((b) => b.indices)).not.toEqual(first.flatMap((b) => b.indices));
    for (const { labels, indices } of first)
      expect(labels).toEqual(indices.map((row) => dataset().labels[row]));
    expect((await epochs(openLoader({ ...options, worker: 'off' }), 1))[0]).toEqual(second);
  });

  test('rows, the last batch, and evaluation in order', async () => {
    const indices = Uint32Array.of(3, 9, 4, 4, 7);
    const [whole] = await epochs(
      openLoader({ dataset: dataset(), batchSize: 2, indices, dropLast: true, shuffle: false }),
      0,
    );
    expect(whole.map((b) => b.indices)).toEqual([
      [3, 9],
      [4, 4],
    ]);
    const seen: Copied[] = [];
    for await (const batch of exampleBatches(dataset(), indices, 3)) seen.push(copy(batch));
    expect(seen.map((b) => b.indices)).toEqual([
      [3, 9, 4],
      [4, 7],
    ]);
    const again: Copied[] = [];
    for await (const batch of exampleBatches(dataset(), Uint32Array.of(4), 1)) again.push(copy(batch));
    const size = again[0].values.length;
    expect(seen[1].values.slice(0, size)).toEqual(again[0].values);
  });

  test('an abort, a closed loader and impossible options', async () => {
    const controller = new AbortController();
    const loader = openLoader({ dataset: dataset(), batchSize: 4, signal: controller.signal });
    const pass = (async () => {
      for await (const _batch of loader.epoch(0)) controller.abort();
    })();
    expect((await failure(pass)).code).toBe('SVP_E_ABORT');
    await loader.close();
    expect(() => openLoader({ dataset: dataset(), batchSize: 0 })).toThrow(/batchSize/);
    expect(() => openLoader({ dataset: dataset(), batchSize: 4, indices: Uint32Array.of(99) })).toThrow(/99/);
  });
});

test('an epoch that is broken off does not write into the next one', async () => {
  const options = { dataset: files, batchSize: 4, augment: { padding: 0, flip: true } } as const;
  const loader = openLoader(options);
  for (let e = 0; e < 4; e++) {
    for await (const _batch of loader.epoch(e)) break;
  }
  const [after] = await epochs(loader, 7);
  expect(after).toEqual((await epochs(openLoader(options), 7))[0]);
});

test('random crops are within the image, of the asked shares, half of them mirrored', () => {
  const how = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], flip: true } as {
    scale: [number, number];
    ratio: [number, number];
    flip: boolean;
  };
  const image = { width: 500, height: 375 };
  let [flips, area, smallest] = [0, 0, 1];
  const draws = 4000;
  for (let row = 0; row < draws; row++) {
    const { box, flip } = drawResizedCrop(77, row, how, image);
    expect(box.left >= 0 && box.top >= 0 && box.left + box.width <= 500 && box.top + box.height <= 375).toBe(
      true,
    );
    const share = (box.width * box.height) / (500 * 375);
    flips += Number(flip);
    area += share;
    smallest = Math.min(smallest, share);
  }
  expect(Math.abs(flips / draws - 0.5)).toBeLessThan(0.03);
  // torchvision's own mean share, over 20,000 draws for this size (large boxes are refused more often): 0.4348.
  expect(Math.abs(area / draws - 0.4348)).toBeLessThan(0.015);
  expect(smallest).toBeGreaterThan(0.075);
  for (const extreme of [
    { width: 1000, height: 3 },
    { width: 3, height: 1000 },
    { width: 1, height: 1 },
  ]) {
    const { box } = drawResizedCrop(1, 2, { ...how, scale: [1, 1] }, extreme);
    expect(
      box.left + box.width <= extreme.width &&
        box.top + box.height <= extreme.height &&
        box.width > 0 &&
        box.height > 0,
    ).toBe(true);
  }
});

test('a broken image ends a training with its name', async () => {
  const broken = path.join(root, 'images', 'c1', '99.png');
  await fs.writeFile(broken, 'x');
  const dataset = {
    ...files,
    files: [...files.files, 'c1/99.png'],
    labels: Uint16Array.of(...files.labels, 1),
    count: 24,
  };
  const loader = openLoader({ dataset, batchSize: 24 });
  const error = await failure(epochs(loader, 0));
  expect(error).toMatchObject({ code: 'SVP_E_FORMAT', file: broken, row: 23 });
  await fs.rm(broken);
});

test('the index of a large folder is used until a file comes', async () => {
  const folder = path.join(root, 'many');
  const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await fs.mkdir(path.join(folder, 'a'), { recursive: true });
  for (let i = 0; i < 2001; i++) await fs.writeFile(path.join(folder, 'a', `${i}.png`), png);
  const load = async () => (await loadImageFolders('many', folder, root, {})).train.count;
  expect(await load()).toBe(2001);
  const [index] = await fs.readdir(path.join(root, 'datasets', 'image-folders'));
  const file = path.join(root, 'datasets', 'image-folders', index);
  const text = await fs.readFile(file, 'utf8');
  await fs.writeFile(file, text.replace('"a/7.png",', ''));
  expect(await load()).toBe(2000);
  // Neither a damaged index nor one with paths outside is believed.
  await fs.writeFile(file, text.replace('"a/7.png"', '"../../x.png"'));
  expect(await load()).toBe(2001);
  await fs.writeFile(file, '{');
  expect(await load()).toBe(2001);
  await fs.writeFile(path.join(folder, 'a', 'new.png'), png);
  expect(await load()).toBe(2002);
});

test('decodeImage gives what the file holds', async () => {
  const plan = imagePlan({ layout: 'nhwc', height: 8, width: 8, channels: 3 }, 'test');
  const { width, height, data } = await decodeImage(
    await fs.readFile(path.join(root, 'images', 'c0', '00.png')),
    plan,
  );
  expect([width, height, data[0], data[5]]).toEqual([40, 30, 0, 35]);
});
