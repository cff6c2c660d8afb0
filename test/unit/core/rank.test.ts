import fc from 'fast-check';
import { rankDescending } from '../../../src/core/rank';

/** The plain way: a full sort by score and row. */
function oracle(scores: ArrayLike<number>, count: number, excluded: number[] = []): number[] {
  return Array.from(scores, (_, row) => row)
    .filter((row) => !excluded.includes(row))
    .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b] > scores[a] ? 1 : -1))
    .slice(0, count);
}

describe('rankDescending', () => {
  test.each([
    ['float64', Float64Array],
    ['float32', Float32Array],
  ] as const)('equals a full sort for any %s scores, ties by row', (_name, Type) => {
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(0, -0, 1, -1, 0.5, Infinity, -Infinity, 5e-324, -5e-324, 1e308),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(number, { maxLength: 300 }),
        fc.nat(320),
        fc.array(fc.nat(299), { maxLength: 20 }),
        (values, count, rows) => {
          const scores = Type.from(values);
          const before = scores.slice();
          const excluded = [...new Set(rows.filter((row) => row < scores.length))];
          expect(Array.from(rankDescending(scores, count, Uint32Array.from(excluded)))).toEqual(
            oracle(scores, count, excluded),
          );
          expect(scores).toEqual(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('keeps the lowest row first among equals, at the edge of the count too', () => {
    expect(Array.from(rankDescending(Float64Array.of(1, 2, 1, 2, 1), 3))).toEqual([1, 3, 0]);
    expect(Array.from(rankDescending(new Float32Array(1000).fill(7), 3))).toEqual([0, 1, 2]);
  });

  test('takes 0 and −0 for equal, and puts Infinity first', () => {
    expect(Array.from(rankDescending(Float64Array.of(-0, 0, -0)))).toEqual([0, 1, 2]);
    expect(Array.from(rankDescending(Float64Array.of(3, Infinity, 9, Infinity)))).toEqual([1, 3, 2, 0]);
  });

  test('honours the offset of a view', () => {
    const scores = Float32Array.of(9, 9, 1, 3, 2, 9).subarray(2, 5);
    expect(Array.from(rankDescending(scores))).toEqual([1, 2, 0]);
  });

  test('names the row of a NaN', () => {
    expect(() => rankDescending(Float64Array.of(1, 2, NaN, NaN))).toThrow(
      expect.objectContaining({ code: 'SVP_E_NONFINITE', row: 2 }),
    );
  });

  test('refuses anything but floats', () => {
    expect(() => rankDescending([1, 2] as never)).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
  });

  test('a count of 0 and an empty pool give nothing', () => {
    expect(rankDescending(Float64Array.of(1, 2), 0)).toHaveLength(0);
    expect(rankDescending(new Float64Array(0), 5)).toHaveLength(0);
  });
});
