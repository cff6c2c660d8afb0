import { Random } from '../../../src/core/random';
import type { TextDataset } from '../../../src/data/text/text-dataset';
import { textOf } from '../../../src/data/text/text-words';
import { CHARACTER_SYMBOLS, encodeCharacters } from '../../../src/data/transforms/character-codes';
import { activeLearning } from '../../../src/experiments/active-learning';
import { coreSet } from '../../../src/experiments/core-set';
import { temporaryFolder } from '../../process/training-folder';
import { tinyImages } from '../../reference/tiny-images';

const folder = temporaryFolder();
const WORDS = [
  ['good', 'fine', 'great', 'lovely'],
  ['bad', 'poor', 'awful', 'broken'],
];

/** Short reviews: a few words of the class among words of neither. */
function reviews(count: number, seed: number): TextDataset {
  const random = new Random(seed);
  const labels = new Uint16Array(count);
  const pieces: Uint8Array[] = [];
  const offsets = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    labels[i] = random.below(2);
    const words = Array.from({ length: 8 }, () =>
      random.below(4) === 0 ? WORDS[labels[i]][random.below(4)] : `word${random.below(30)}`,
    );
    const bytes = Buffer.from(words.join(' '));
    const codes = new Uint8Array(bytes.length);
    encodeCharacters(codes, 0, codes.length, bytes, 0, bytes.length, false);
    pieces.push(codes);
    offsets[i + 1] = offsets[i] + codes.length;
  }
  const codes = new Uint8Array(offsets[count]);
  pieces.forEach((piece, i) => {
    codes.set(piece, offsets[i]);
  });
  const names = { name: 'reviews', classNames: ['good', 'bad'], classes: 2 };
  return { ...names, codes, offsets, length: 60, symbols: CHARACTER_SYMBOLS, labels, count };
}

const dataset = { train: reviews(400, 1), test: reviews(100, 2) };
const fastText = { arch: 'fasttext' };

test('a text is read back from its codes, cut to the data set’s length', () => {
  const text = textOf(dataset.train, 0);
  expect(text).toMatch(/^[a-z0-9 ]{20,60}$/);
  expect(textOf({ ...dataset.train, length: 5 }, 0)).toBe(text.slice(0, 5));
});

test.each(['least-confidence', 'entropy', 'forgetting-events', 'k-centers'])(
  'fastText keeps a core-set by %s',
  async (method) => {
    const options = {
      dataset,
      method,
      subset: 120,
      target: { ...fastText, epochs: [15], learningRates: [0.3] },
      fullTarget: true,
      isolate: false,
    };
    const result = await coreSet(options);
    expect(new Set(result.selected).size).toBe(120);
    expect(result.record).toMatchObject({ oracle: true, full: { arch: 'fasttext', width: 10 } });
    expect(result.record.full?.testAccuracy).toBeGreaterThan(0.8);
    expect((await coreSet(options)).selected).toEqual(result.selected);
  },
);

test('active learning by fastText goes on after a stop, and takes labels as they come', async () => {
  const abort = new AbortController();
  const options = {
    dataset,
    target: fastText,
    proxy: { ...fastText, width: 6 },
    initialSubset: 40,
    rounds: [40, 40],
    isolate: false,
    runDirectory: folder.path('texts'),
    resume: true,
  };
  const stopped = activeLearning({ ...options, signal: abort.signal, onNote: () => abort.abort() });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  const resumed = await activeLearning(options);
  const { runDirectory: _, resume: __, ...unkept } = options;
  expect((await activeLearning(unkept)).labelled).toEqual(resumed.labelled);
  const hidden = { ...dataset, train: { ...dataset.train, labels: new Uint16Array(400) } };
  const told = await activeLearning({
    ...unkept,
    dataset: hidden,
    labels: (rows) => Array.from(rows, (row) => dataset.train.labels[row]),
  });
  expect(told.labelled).toEqual(resumed.labelled);
});

test('what fastText cannot do is refused', async () => {
  const images = { train: tinyImages(40), test: tinyImages(10) };
  const common = { proxy: fastText, subset: 10, isolate: false };
  await expect(coreSet({ ...common, dataset: images })).rejects.toMatchObject({
    code: 'SVP_E_OPTION',
    message: expect.stringContaining('takes texts'),
  });
  await expect(
    activeLearning({
      dataset,
      target: fastText,
      warmStart: true,
      initialSubset: 20,
      rounds: [5, 5],
      isolate: false,
    }),
  ).rejects.toMatchObject({ code: 'SVP_E_OPTION', message: expect.stringContaining('weights') });
});
