import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { writeIdx } from '../../../../src/data/formats/idx';
import { writeNpy } from '../../../../src/data/formats/npy';
import { formatNpyHeader } from '../../../../src/data/formats/npy-header';
import type { PoolSource } from '../../../../src/data/pool';
import { arrayPool, datasetPool, matrixPool } from '../../../../src/data/pools/array-pool';
import { openPool } from '../../../../src/data/pools/open-pool';
import { type ImagePreprocessing, preparedImages } from '../../../../src/data/pools/prepared-images';
import { tinyImages } from '../../../reference/tiny-images';

const folder = mkdtempSync(join(tmpdir(), 'svp-pools-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

/** All values of a pool from a row on, and the firsts of its batches. */
async function read(pool: PoolSource, batchSize: number, first = 0) {
  const values: number[] = [];
  const firsts: number[] = [];
  for await (const batch of pool.batches({ batchSize, first })) {
    firsts.push(batch.first);
    expect(batch.values).toHaveLength(batch.size * pool.itemShape.reduce((a, b) => a * b, 1));
    values.push(...Array.from(batch.values as Float32Array, Number));
  }
  return { values, firsts };
}

const counting = (length: number) => Array.from({ length }, (_, i) => i % 120);

describe('array files', () => {
  test.each([
    ['float32', Float32Array, 'float32'],
    ['float64', Float64Array, 'float32'],
    ['uint8', Uint8Array, 'uint8'],
    ['int8', Int8Array, 'int32'],
    ['int16', Int16Array, 'int32'],
    ['uint16', Uint16Array, 'int32'],
    ['int32', Int32Array, 'int32'],
    ['uint32', Uint32Array, 'int64'],
  ])('%s arrives in batches, from any row', async (name, Type, dtype) => {
    const data = Type.from(counting(7 * 6));
    await writeNpy(path(`${name}.npy`), data, [7, 2, 3]);
    const pool = await openPool(path(`${name}.npy`));
    expect(pool).toMatchObject({ count: 7, itemShape: [2, 3], dtype });
    expect(await read(pool, 3)).toEqual({ values: counting(42), firsts: [0, 3, 6] });
    expect(await read(pool, 2, 4)).toEqual({ values: counting(42).slice(24), firsts: [4, 6] });
    expect(await read(pool, 9, 7)).toEqual({ values: [], firsts: [] });
  });

  test('int64 and float16 too, and an array in memory of the same types', async () => {
    const wide = BigInt64Array.from([3n, -4n, 2n ** 40n, 0n]);
    await writeNpy(path('wide.npy'), wide, [2, 2]);
    const pool = await openPool(path('wide.npy'));
    expect(pool.dtype).toBe('int64');
    expect((await read(pool, 1)).values).toEqual([3, -4, 2 ** 40, 0]);
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001);
    writeFileSync(
      path('half.npy'),
      Buffer.concat([formatNpyHeader('<f2', [2, 2]), Buffer.from(halves.buffer)]),
    );
    const half = await openPool(path('half.npy'));
    expect(half.dtype).toBe('float32');
    expect((await read(half, 2)).values).toEqual([1, -2, 0.333251953125, 2 ** -24]);
    expect(arrayPool('a', Uint32Array.of(1, 2 ** 31), [2, 1]).dtype).toBe('int64');
    expect((await read(arrayPool('a', Uint32Array.of(1, 2 ** 31), [2, 1]), 2)).values).toEqual([1, 2 ** 31]);
  });

  test('members of archives, stored and deflated, from any row', async () => {
    const data = Float32Array.from(counting(40));
    await writeNpy(path('x.npy'), data, [10, 4]);
    const bytes = new Uint8Array(readFileSync(path('x.npy')));
    writeFileSync(
      path('two.npz'),
      zipSync({ 'a.npy': [bytes, { level: 0 }], 'b.npy': [bytes, { level: 6 }] }),
    );
    for (const member of ['a', 'b']) {
      const pool = await openPool(`${path('two.npz')}:${member}`);
      expect((await read(pool, 4)).values).toEqual(counting(40));
      expect((await read(pool, 4, 7)).values).toEqual(counting(40).slice(28));
    }
    await expect(openPool(path('two.npz'))).rejects.toMatchObject({ code: 'SVP_E_OPTION' });
  });

  test('IDX files', async () => {
    await writeIdx(path('images.idx'), Uint8Array.from(counting(24)), [3, 2, 4]);
    const pool = await openPool(path('images.idx'));
    expect(pool).toMatchObject({ count: 3, itemShape: [2, 4], dtype: 'uint8' });
    expect((await read(pool, 2)).values).toEqual(counting(24));
  });

  test('a fingerprint is of size, time and shape', async () => {
    await writeNpy(path('f.npy'), Float32Array.from(counting(8)), [4, 2]);
    const one = await (await openPool(path('f.npy'))).fingerprint();
    expect(await (await openPool(path('f.npy'))).fingerprint()).toBe(one);
    utimesSync(path('f.npy'), 1, 1);
    expect(await (await openPool(path('f.npy'))).fingerprint()).not.toBe(one);
  });

  test.each([
    ['no file', () => path('none.npy'), 'SVP_E_FILE'],
    ['a folder without a way to read images', () => folder, 'SVP_E_FILE'],
    ['a vector', () => path('vector.npy'), 'SVP_E_SHAPE'],
    ['Fortran order', () => path('fortran.npy'), 'SVP_E_SHAPE'],
    ['a file that ends early', () => path('short.npy'), 'SVP_E_FORMAT'],
    ['a text', () => path('text.txt'), 'SVP_E_FORMAT'],
  ])('refuses %s', async (_, name, code) => {
    await writeNpy(path('vector.npy'), Float32Array.of(1, 2), [2]);
    const fortran = formatNpyHeader('<f4', [2, 2]).toString('latin1').replace('False', 'True ');
    writeFileSync(path('fortran.npy'), Buffer.concat([Buffer.from(fortran, 'latin1'), Buffer.alloc(16)]));
    writeFileSync(path('short.npy'), formatNpyHeader('<f4', [2, 2]));
    writeFileSync(path('text.txt'), 'some text');
    await expect(openPool(name())).rejects.toMatchObject({ code });
  });
});

describe('arrays in memory', () => {
  test('R9: views and shared memory; what is delivered is a copy', async () => {
    const large = Float32Array.from(counting(20));
    const pool = matrixPool({ data: large.subarray(3, 15), rows: 4, columns: 3 });
    expect((await read(pool, 3)).values).toEqual(counting(20).slice(3, 15));
    for await (const { values } of pool.batches({ batchSize: 2 })) values.fill(9 as never);
    expect(Array.from(large)).toEqual(counting(20));
    const shared = new Uint8Array(new SharedArrayBuffer(12));
    shared.set(counting(12));
    for await (const { values } of arrayPool('s', shared, [3, 4]).batches({ batchSize: 3 })) {
      expect(values.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  test('a transferred array is told, not read', async () => {
    const data = Float32Array.from(counting(12));
    const pool = matrixPool({ data, rows: 6, columns: 2 });
    const batches = pool.batches({ batchSize: 2 })[Symbol.asyncIterator]();
    await batches.next();
    structuredClone(data.buffer, { transfer: [data.buffer] });
    await expect(batches.next()).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
  });

  test('fingerprints differ in values, shape and rows', async () => {
    const data = Float32Array.from(counting(12));
    const of = (pool: PoolSource) => pool.fingerprint();
    const all = await Promise.all([
      of(arrayPool('a', data, [6, 2])),
      of(arrayPool('a', data, [4, 3])),
      of(arrayPool('a', Float32Array.from(counting(12).reverse()), [6, 2])),
      of(arrayPool('a', data, [6, 2], { indices: Uint32Array.of(1) })),
      of(arrayPool('a', data, [6, 2], { indices: Uint32Array.of(2) })),
    ]);
    expect(new Set(all).size).toBe(5);
    expect(await of(arrayPool('b', data.slice(), [6, 2]))).toBe(all[0]);
  });
});

describe('prepared images', () => {
  const dataset = tinyImages(5, { side: 4 });
  const [h, w] = [3, 2];
  const bytes = Uint8Array.from({ length: 4 * h * w * 3 }, (_, i) => (i * 37) % 256);

  /** (byte · scale − mean) / std, one image after another, written as plainly as possible. */
  function plainly(wanted: ImagePreprocessing, planes: boolean): number[] {
    const out: number[] = [];
    const at = (n: number, y: number, x: number, c: number) =>
      bytes[n * h * w * 3 + (planes ? (c * h + y) * w + x : (y * w + x) * 3 + c)];
    const value = (n: number, y: number, x: number, c: number) => {
      const scaled = wanted.scale === undefined ? at(n, y, x, c) / 255 : at(n, y, x, c) * wanted.scale;
      return Math.fround((scaled - (wanted.mean?.[c] ?? 0)) / (wanted.std?.[c] ?? 1));
    };
    for (let n = 0; n < 4; n++) {
      if (wanted.layout === 'nchw')
        for (let c = 0; c < 3; c++)
          for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out.push(value(n, y, x, c));
      else
        for (let y = 0; y < h; y++)
          for (let x = 0; x < w; x++) for (let c = 0; c < 3; c++) out.push(value(n, y, x, c));
    }
    return out;
  }

  test.each([
    ['nchw', false],
    ['nhwc', false],
    ['nchw', true],
    ['nhwc', true],
  ] as const)('to %s, from planes: %s', async (layout, planes) => {
    const raw = arrayPool('images', bytes, planes ? [4, 3, h, w] : [4, h, w, 3]);
    for (const more of [{}, { mean: [0.1, 0.2, 0.3], std: [0.5, 2, 4] }, { scale: 2 }]) {
      const wanted: ImagePreprocessing = { layout, height: h, width: w, channels: 3, ...more };
      const pool = preparedImages(raw, wanted, planes);
      expect(pool.itemShape).toEqual(layout === 'nchw' ? [3, h, w] : [h, w, 3]);
      expect((await read(pool, 3)).values).toEqual(plainly(wanted, planes));
    }
    const asBytes = preparedImages(raw, { layout, height: h, width: w, channels: 3, dtype: 'uint8' }, planes);
    expect(asBytes.dtype).toBe('uint8');
    expect([...(await read(asBytes, 4)).values].sort()).toEqual([...bytes].sort());
  });

  test('a data set comes with its normalisation, and the same bits as in training', async () => {
    const raw = datasetPool(dataset);
    expect(raw.normalization).toEqual({ mean: dataset.mean, std: dataset.std });
    const pool = preparedImages(raw, {
      layout: 'nhwc',
      height: 4,
      width: 4,
      channels: 1,
      ...raw.normalization,
    });
    const expected = Array.from(dataset.images, (byte) =>
      Math.fround((byte / 255 - dataset.mean[0]) / dataset.std[0]),
    );
    expect((await read(pool, 2)).values).toEqual(expected);
  });
});
