import fc from 'fast-check';
import { pearson, spearman } from '../../../src/analysis/correlation';
import { meanRanks, orderRanks } from '../../../src/analysis/ranks';
import { Random } from '../../../src/core/random';
import { plainMeanRanks, plainPearson, plainSpearman } from '../../reference/correlation';

const pairs = fc
  .array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.double({ min: -50, max: 50, noNaN: true })), {
    minLength: 2,
    maxLength: 60,
  })
  .map((list) => [Float64Array.from(list, ([a]) => a), Float64Array.from(list, ([, b]) => b)] as const)
  .filter(([a, b]) => a.some((v) => v !== a[0]) && Math.max(...b) - Math.min(...b) > 1e-3);

describe('ranks', () => {
  test('equal the plain count of those above and beside, also with ties and infinities', () => {
    const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, -0, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 80 }), (values) => {
        const scores = Float64Array.from(values);
        expect(Array.from(meanRanks(scores))).toEqual(plainMeanRanks(scores));
        expect(Array.from(scores)).toEqual(values);
      }),
    );
  });

  test('honour the offset of a view', () => {
    const buffer = Float32Array.of(99, 3, 1, 2, 99);
    expect(Array.from(meanRanks(buffer.subarray(1, 4)))).toEqual([1, 3, 2]);
  });

  test('of a part of an order give the rest one rank', () => {
    expect(Array.from(orderRanks(Uint32Array.of(4, 1), 5))).toEqual([4, 2, 4, 4, 1]);
    expect(Array.from(orderRanks(Uint32Array.of(2, 0, 1), 3))).toEqual([2, 3, 1]);
  });

  test('refuse rows that are twice or outside, and NaN', () => {
    expect(() => orderRanks(Uint32Array.of(1, 1), 3)).toThrow(
      expect.objectContaining({ code: 'SVP_E_INDEX', row: 1 }),
    );
    expect(() => orderRanks(Uint32Array.of(3), 3)).toThrow(expect.objectContaining({ code: 'SVP_E_INDEX' }));
    expect(() => meanRanks(Float64Array.of(1, Number.NaN))).toThrow(
      expect.objectContaining({ code: 'SVP_E_NONFINITE', row: 1 }),
    );
  });
});

describe('correlations', () => {
  test('equal their definitions', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(pearson(a, b)).toBeCloseTo(plainPearson(a, b), 10);
        expect(spearman(a, b)).toBeCloseTo(plainSpearman(a, b), 10);
        expect(spearman(a, b)).toBe(spearman(b, a));
      }),
    );
  });

  // Known answers: Wikipedia's IQ and television example for Spearman; scipy.stats.pearsonr for Pearson.
  test('give known answers', () => {
    const iq = Float64Array.of(106, 100, 86, 101, 99, 103, 97, 113, 112, 110);
    const hours = Float64Array.of(7, 27, 2, 50, 28, 29, 20, 12, 6, 17);
    expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12);
    const [x, y] = [Float64Array.of(1, 2, 3, 4, 5, 6, 7), Float64Array.of(10, 9, 2.5, 6, 4, 3, 2)];
    expect(pearson(x, y)).toBeCloseTo(-0.828503883588428, 12);
  });

  test('Spearman depends on the order only, and takes infinities', () => {
    const a = Float64Array.of(0.1, 0.5, 0.2, 0.9);
    const b = Float64Array.of(-3, 5, 4, Infinity);
    expect(spearman(a, b)).toBe(1);
    expect(
      spearman(
        a,
        b.map((v) => -v),
      ),
    ).toBe(-1);
  });

  test('Pearson survives values whose squares overflow or vanish', () => {
    const a = Float64Array.of(1, 2, 3, 5);
    const b = Float64Array.of(2, 1, 4, 5);
    const plain = plainPearson(a, b);
    expect(
      pearson(
        a.map((v) => v * 1e300),
        b,
      ),
    ).toBeCloseTo(plain, 12);
    expect(
      pearson(
        a.map((v) => v * 1e-300),
        b.map((v) => v * 1e-290),
      ),
    ).toBeCloseTo(plain, 12);
  });

  test('nothing correlates with a constant, and a wrong pair is told', () => {
    const flat = Float64Array.of(0.1, 0.1, 0.1);
    expect(pearson(flat, Float64Array.of(1, 2, 3))).toBeNaN();
    expect(spearman(flat, Float64Array.of(1, 2, 3))).toBeNaN();
    expect(pearson(new Float64Array(0), new Float64Array(0))).toBeNaN();
    expect(() => pearson(flat, Float64Array.of(1))).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
    expect(() => pearson(flat, Float64Array.of(1, 2, Infinity))).toThrow(
      expect.objectContaining({ code: 'SVP_E_NONFINITE', row: 2 }),
    );
    expect(() => spearman(flat, [1, 2, 3] as never)).toThrow(
      expect.objectContaining({ code: 'SVP_E_SHAPE' }),
    );
  });

  test('ranks a million values with ties', () => {
    const random = new Random(1);
    const a = Float32Array.from({ length: 1_000_000 }, () => random.below(50));
    const b = a.map((v) => v * 2 + 1);
    expect(spearman(a, b)).toBeCloseTo(1, 10);
  });
});
