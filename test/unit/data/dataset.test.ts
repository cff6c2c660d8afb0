import { channelStatistics, checkDataset, type ImageDataset, resolveRows } from '../../../src/data/dataset';
import { sampleDataset } from './sample-dataset';

test('a sound data set passes, also with views and shared memory', () => {
  expect(() => checkDataset(sampleDataset())).not.toThrow();
  const d = sampleDataset({ count: 4, channels: 3 });
  const shared = new Uint8Array(new SharedArrayBuffer(d.images.length + 1), 1);
  shared.set(d.images);
  expect(() => checkDataset({ ...d, images: shared })).not.toThrow();
});

test.each<[string, Partial<Record<keyof ImageDataset, unknown>>, RegExp]>([
  ['no images', { images: [1, 2] }, /must be an ImageDataset/],
  ['images cut short', { images: new Uint8Array(5) }, /holds 5 bytes, but 23 × 6 × 5 × 1 = 690/],
  ['labels cut short', { labels: new Uint8Array(5) }, /5 values for 23 images/],
  [
    'a label outside',
    { labels: new Uint8Array(23).fill(4, 22) },
    /labels\[22\] is 4, but there are 4 classes/,
  ],
  ['a negative height', { height: -6 }, /height must be a whole number/],
  ['half a channel', { channels: 0.5 }, /channels must be/],
  ['means missing', { mean: [] }, /mean must hold 1 finite/],
  ['std 0', { std: [0] }, /std must be above 0/],
  ['NaN', { mean: [Number.NaN] }, /mean must hold/],
  ['class names missing', { classNames: ['a'] }, /classNames must hold 4/],
])('%s', (_, change, message) => {
  let error: unknown;
  try {
    checkDataset({ ...sampleDataset(), ...change }, 'pool');
  } catch (e) {
    error = e;
  }
  expect(error).toMatchObject({ code: 'SVP_E_SHAPE', message: expect.stringMatching(message) });
  expect((error as Error).message).toMatch(/^pool/);
});

test('null is no data set', () => {
  expect(() => checkDataset(null)).toThrow(/must be an ImageDataset/);
});

test('rows: all by default, else checked; duplicates allowed', () => {
  expect(Array.from(resolveRows(undefined, 3))).toEqual([0, 1, 2]);
  expect(Array.from(resolveRows(Uint32Array.of(2, 2), 3))).toEqual([2, 2]);
  expect(() => resolveRows(Uint32Array.of(0, 3), 3)).toThrow(/indices\[1\] is 3, but there are 3 images/);
  expect(() => resolveRows([0] as never, 3)).toThrow(/Uint32Array/);
});

test('mean and std per channel', () => {
  const { mean, std } = channelStatistics(Uint8Array.of(0, 255, 255, 255, 0, 255, 255, 255), 2);
  expect(mean).toEqual([0.5, 1]);
  expect(std).toEqual([0.5, 0]);
  const many = Uint8Array.from({ length: 3 * 1003 }, (_, i) => (i * i) % 251);
  const all = channelStatistics(many, 3);
  for (let c = 0; c < 3; c++) {
    const values = Array.from(
      many.filter((_, i) => i % 3 === c),
      (v) => v / 255,
    );
    const average = values.reduce((a, b) => a + b) / values.length;
    expect(all.mean[c]).toBeCloseTo(average, 12);
    expect(all.std[c]).toBeCloseTo(
      Math.sqrt(values.reduce((a, v) => a + (v - average) ** 2, 0) / values.length),
      12,
    );
  }
  expect(channelStatistics(new Uint8Array(0), 1)).toEqual({ mean: [0], std: [0] });
});
