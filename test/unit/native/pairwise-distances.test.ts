import * as fc from 'fast-check';
import type { Matrix } from '../../../src/core/matrix';
import { pairwiseDistances } from '../../../src/native/pairwise-distances';
import { referencePairwiseDistances } from '../../reference/pairwise-distances';

const matrix = (values: number[], columns: number): Matrix => ({
  data: Float32Array.from(values),
  rows: values.length / columns,
  columns,
});

/** Bits, so that −0 and +0 differ. */
const bits = (values: Float64Array) => Array.from(new BigUint64Array(values.slice().buffer));

describe('pairwiseDistances', () => {
  test('known distances, from a to b', async () => {
    const distances = await pairwiseDistances(matrix([0, 0, 3, 4], 2), matrix([0, 0, 6, 8, 0, 4], 2));
    expect(Array.from(distances)).toEqual([0, 10, 4, 5, 5, 3]);
  });

  test('squared, and cosine as the chord of unit rows', async () => {
    const a = matrix([2, 0], 2);
    const b = matrix([0, 5, 7, 0, -1, 0], 2);
    expect(Array.from(await pairwiseDistances(a, b, { metric: 'cosine', squared: true }))).toEqual([2, 0, 4]);
    expect(Array.from(await pairwiseDistances(a, b, { squared: true }))).toEqual([29, 25, 9]);
  });

  test('the reference to the bit: sizes, scales, offsets, duplicates, both metrics', async () => {
    const scale = fc.constantFrom(1e-30, 1e-3, 1, 1e6, 1e18);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          columns: fc.integer({ min: 1, max: 70 }),
          rowsA: fc.integer({ min: 0, max: 70 }),
          rowsB: fc.integer({ min: 0, max: 70 }),
          scale,
          offset: fc.constantFrom(0, 1e6),
          seed: fc.integer({ min: 1, max: 2 ** 30 }),
          whole: fc.boolean(),
          squared: fc.boolean(),
          metric: fc.constantFrom('euclidean' as const, 'cosine' as const),
        }),
        async ({ columns, rowsA, rowsB, scale, offset, seed, whole, squared, metric }) => {
          let state = seed;
          const value = () => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            const u = state / 2 ** 32 + 0.01;
            return (whole ? Math.ceil(u * 3) : u) * scale + offset * scale;
          };
          const make = (rows: number) => ({
            data: Float32Array.from({ length: rows * columns }, value),
            rows,
            columns,
          });
          const [a, b] = [make(rowsA), make(rowsB)];
          const actual = await pairwiseDistances(a, b, { squared, metric, threads: 2 });
          const exact = referencePairwiseDistances(a.data, b.data, rowsA, rowsB, columns, {
            squared,
            metric,
          });
          expect(bits(actual)).toEqual(bits(exact));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('wide rows, more than a tile', async () => {
    const columns = 4099;
    const data = Float32Array.from({ length: 9 * columns }, (_, i) => Math.sin(i));
    const m = { data, rows: 9, columns };
    expect(bits(await pairwiseDistances(m, m))).toEqual(
      bits(referencePairwiseDistances(data, data, 9, 9, columns)),
    );
  });

  test('no columns: all distances are 0', async () => {
    const none = new Float32Array(0);
    expect(
      Array.from(
        await pairwiseDistances({ data: none, rows: 2, columns: 0 }, { data: none, rows: 1, columns: 0 }),
      ),
    ).toEqual([0, 0]);
  });

  test('views with an offset, odd lengths and shared memory', async () => {
    const a = new Float32Array(new ArrayBuffer(4 * 21), 4 * 6, 15).fill(1);
    const shared = new Float32Array(new SharedArrayBuffer(4 * 8), 4, 5).fill(3);
    const distances = await pairwiseDistances(
      { data: a, rows: 3, columns: 5 },
      { data: shared, rows: 1, columns: 5 },
      { squared: true },
    );
    expect(Array.from(distances)).toEqual([20, 20, 20]);
  });

  test.each([
    ['a', Number.NaN],
    ['b', Number.NEGATIVE_INFINITY],
  ])('a value of %s that is not finite is named', async (name, value) => {
    const good = matrix([1, 2, 3, 4], 2);
    const bad = matrix([1, 2, 3, value], 2);
    await expect(
      pairwiseDistances(name === 'a' ? bad : good, name === 'b' ? bad : good),
    ).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 1,
      column: 1,
      message: expect.stringContaining(`${name}: row 1, column 1 is ${value}`),
    });
  });

  test('a row of zeros has no cosine distance', async () => {
    const a = matrix([1, 2, 0, 0], 2);
    await expect(pairwiseDistances(a, a, { metric: 'cosine' })).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 1,
    });
  });

  test('shapes that do not fit are refused', async () => {
    await expect(pairwiseDistances(matrix([1, 2], 2), matrix([1, 2, 3], 3))).rejects.toMatchObject({
      code: 'SVP_E_SHAPE',
    });
    await expect(
      pairwiseDistances({ data: new Float32Array(5), rows: 2, columns: 3 }, matrix([1, 2, 3], 3)),
    ).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
  });

  test('a result larger than memory is a typed error, not the end of the process', async () => {
    const huge = { data: new Float32Array(3_000_000), rows: 3_000_000, columns: 1 };
    await expect(pairwiseDistances(huge, huge)).rejects.toMatchObject({
      code: 'SVP_E_MEMORY',
      message: expect.stringContaining('3000000 × 3000000'),
    });
  });
});
