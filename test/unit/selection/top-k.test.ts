import * as fc from 'fast-check';
import { rankDescending } from '../../../src/selection/rank';
import { TopK } from '../../../src/selection/top-k';

/** Feeds `scores` in batches of the given lengths, over and over. */
function feed(scores: Float32Array | Float64Array, k: number, lengths: number[]) {
  const top = new TopK(k);
  for (let at = 0, i = 0; at < scores.length; i++) {
    const end = Math.min(scores.length, at + Math.max(1, lengths[i % lengths.length]));
    top.add(scores.subarray(at, end), at);
    at = end;
  }
  return top.result();
}

const bytes = (a: Uint32Array | Float64Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

function expectAsRanked(scores: Float32Array | Float64Array, k: number, lengths: number[]) {
  const { indices, scores: kept } = feed(scores, k, lengths);
  const ranked = rankDescending(scores, k);
  // Bytes: comparing arrays element by element takes jest seconds.
  expect(bytes(indices).equals(bytes(ranked))).toBe(true);
  expect(bytes(kept).equals(bytes(Float64Array.from(ranked, (row) => scores[row])))).toBe(true);
}

describe('TopK', () => {
  test('equals the ranking of everything, with ties and infinities', () => {
    const score = fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      fc.double({ noNaN: true }),
      fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
    );
    fc.assert(
      fc.property(
        fc.array(score, { maxLength: 200 }),
        fc.nat(60),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (values, k, lengths, single) => {
          expectAsRanked(single ? Float32Array.from(values) : Float64Array.from(values), k, lengths);
        },
      ),
    );
  });

  test.each([1, 100, 5000, 30_000, 200_000])('100,000 scores, k = %d, many of them equal', (k) => {
    let state = k;
    const scores = Float64Array.from({ length: 100_000 }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.round((state / 2 ** 32) * 3000) + i / 50_000; // rising, so that candidates keep coming
    });
    expectAsRanked(scores, k, [7, 4096, 33_333]);
    expectAsRanked(Float64Array.from(scores, Math.floor), k, [1000]);
    expectAsRanked(new Float32Array(100_000), k, [999]);
  });

  test('keeps memory of the order of k', () => {
    const top = new TopK(10);
    for (let row = 0; row < 500_000; row += 50_000) {
      top.add(
        Float32Array.from({ length: 50_000 }, (_, i) => row + i),
        row,
      );
    }
    expect((top as unknown as { rows: Uint32Array }).rows.length).toBeLessThan(10_000);
    expect(Array.from(top.result().indices)).toEqual(Array.from({ length: 10 }, (_, i) => 499_999 - i));
  });

  test('a result in between changes nothing', () => {
    const top = new TopK(2);
    top.add(Float32Array.of(1, 3), 0);
    expect(Array.from(top.result().indices)).toEqual([1, 0]);
    top.add(Float32Array.of(2), 7);
    expect(top.result()).toEqual({ indices: Uint32Array.of(1, 7), scores: Float64Array.of(3, 2) });
  });

  test('a NaN is refused with its row, and nothing of the batch is taken', () => {
    const top = new TopK(3);
    top.add(Float32Array.of(1), 0);
    expect(() => top.add(Float32Array.of(5, Number.NaN), 1)).toThrow(
      expect.objectContaining({ code: 'SVP_E_NONFINITE', row: 2 }),
    );
    expect(Array.from(top.result().indices)).toEqual([0]);
  });

  test('rows that went by, wrong arrays and wrong k are refused', () => {
    const top = new TopK(1);
    top.add(new Float32Array(5), 0);
    for (const row of [4, -1, 0.5, 2 ** 32]) {
      expect(() => top.add(Float32Array.of(1), row)).toThrow(
        expect.objectContaining({ code: 'SVP_E_INDEX' }),
      );
    }
    expect(() => top.add([1] as never, 5)).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
    for (const k of [-1, 1.5, Number.NaN]) {
      expect(() => new TopK(k)).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
    }
  });
});
