import * as fc from 'fast-check';
import { UNCERTAINTY_MEASURES, uncertainty } from '../../../src/native/uncertainty';
import { referenceUncertainty, withinPromise } from '../../reference/uncertainty';

const matrix = (values: number[], columns: number) => ({
  data: Float32Array.from(values),
  rows: columns === 0 ? 0 : values.length / columns,
  columns,
});

async function expectLikeReference(data: Float32Array, columns: number) {
  const actual = await uncertainty({ data, rows: data.length / columns, columns });
  const exact = referenceUncertainty(data, columns);
  for (const measure of UNCERTAINTY_MEASURES) {
    const wrong = Array.from(actual[measure]!)
      .map((value, row) => ({ measure, row, value, exact: exact[measure][row] }))
      .filter(({ value, exact }) => !withinPromise(value, exact));
    expect(wrong).toEqual([]);
  }
}

describe('uncertainty', () => {
  test('scikit-activeml: known probabilities', async () => {
    const p = [0.2, 0.5, 0.3, 0.1, 0.7, 0.2];
    const { entropy, leastConfidence, margin } = await uncertainty(matrix(p.map(Math.log), 3));
    [1.029653014, 0.8018185525].forEach((want, i) => {
      expect(entropy![i]).toBeCloseTo(want, 6);
    });
    [0.5, 0.3].forEach((want, i) => {
      expect(leastConfidence![i]).toBeCloseTo(want, 6);
    });
    [0.8, 0.5].forEach((want, i) => {
      expect(margin![i]).toBeCloseTo(want, 6);
    });
  });

  test('a probability of zero (a logit of -Infinity) adds nothing', async () => {
    const { entropy, leastConfidence, margin } = await uncertainty(matrix([0.7, 0.3, 0].map(Math.log), 3));
    expect(entropy![0]).toBeCloseTo(0.610864, 5);
    expect(leastConfidence![0]).toBeCloseTo(0.3, 6);
    expect(margin![0]).toBeCloseTo(0.6, 6);
  });

  test('any logits: within 2 ulp of float64, or 1e-7 near zero', async () => {
    const logit = fc.oneof(
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.double({ min: -3e38, max: 3e38, noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constant(Number.NEGATIVE_INFINITY),
    );
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 40 })
          .chain((columns) =>
            fc.tuple(
              fc.constant(columns),
              fc.array(
                fc.tuple(
                  fc.array(logit, { minLength: columns - 1, maxLength: columns - 1 }),
                  fc.float({ min: -100, max: 100, noNaN: true }),
                ),
                { minLength: 1, maxLength: 8 },
              ),
            ),
          ),
        async ([columns, rows]) => {
          // One finite logit a row, at a place that varies.
          const values = rows.flatMap(([others, finite], i) => others.toSpliced(i % columns, 0, finite));
          await expectLikeReference(Float32Array.from(values), columns);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([2, 10, 1000, 5003])('%d classes', async (columns) => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const rows = Math.max(3, Math.round(20000 / columns));
    await expectLikeReference(
      Float32Array.from({ length: rows * columns }, () => (random() - 0.5) * (random() < 0.1 ? 60 : 8)),
      columns,
    );
  });

  test('a very confident row keeps its relative accuracy', async () => {
    const { entropy, leastConfidence, margin } = await uncertainty(matrix([0, -40], 2));
    const p2 = Math.exp(-40);
    expect(leastConfidence![0] / p2).toBeCloseTo(1, 6);
    expect(margin![0] / (2 * p2)).toBeCloseTo(1, 6);
    expect(entropy![0] / (41 * p2)).toBeCloseTo(1, 6);
  });

  test('ties, equal logits and huge logits', async () => {
    const equal = await uncertainty(matrix(new Array(12).fill(3e38), 4));
    expect(Array.from(equal.entropy!)).toEqual(new Array(3).fill(Math.fround(Math.log(4))));
    expect(Array.from(equal.leastConfidence!)).toEqual([0.75, 0.75, 0.75]);
    expect(Array.from(equal.margin!)).toEqual([1, 1, 1]);
    const apart = await uncertainty(matrix([-3e38, 3e38], 2));
    expect([apart.entropy![0], apart.leastConfidence![0], apart.margin![0]]).toEqual([0, 0, 0]);
  });

  test('one class is certain', async () => {
    const { entropy, leastConfidence, margin } = await uncertainty(matrix([5, -3], 1));
    expect([...entropy!, ...leastConfidence!, ...margin!]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('no rows give no scores', async () => {
    expect(await uncertainty(matrix([], 5))).toEqual({
      entropy: new Float32Array(0),
      leastConfidence: new Float32Array(0),
      margin: new Float32Array(0),
    });
    expect(await uncertainty({ data: new Float32Array(0), rows: 0, columns: 0 })).toHaveProperty('entropy');
  });

  test('only the measures asked for', async () => {
    expect(Object.keys(await uncertainty(matrix([1, 2], 2), { measures: ['margin'] }))).toEqual(['margin']);
  });

  test('rows without columns are refused', async () => {
    await expect(uncertainty({ data: new Float32Array(0), rows: 3, columns: 0 })).rejects.toMatchObject({
      code: 'SVP_E_SHAPE',
    });
  });

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('%s is refused with the first row and column', async (name, value) => {
    const values = new Array(40_000).fill(0.5);
    values[20_003 * 1] = value;
    values[39_999] = value;
    await expect(uncertainty(matrix(values, 10), { threads: 4 })).rejects.toMatchObject({
      name: 'SvpError',
      code: 'SVP_E_NONFINITE',
      row: 2000,
      column: 3,
      message: expect.stringContaining(`row 2000, column 3 is ${name}`),
    });
  });

  test('a row of -Infinity alone is refused with its row', async () => {
    const data = [0, 1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    await expect(uncertainty(matrix(data, 2))).rejects.toMatchObject({ code: 'SVP_E_NONFINITE', row: 1 });
  });

  test('options are checked by name', async () => {
    const logits = matrix([1, 2], 2);
    await expect(uncertainty(logits, { mesures: ['margin'] } as never)).rejects.toThrow(
      /unknown option "mesures".*measures/,
    );
    await expect(uncertainty(logits, { measures: ['marginal'] as never })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
    for (const threads of [0, 1.5, 1025, -1]) {
      await expect(uncertainty(logits, { threads })).rejects.toMatchObject({ code: 'SVP_E_OPTION' });
    }
  });

  test('the input is not changed', async () => {
    const logits = matrix([1, 2, 3, 4], 2);
    await uncertainty(logits);
    expect(Array.from(logits.data)).toEqual([1, 2, 3, 4]);
  });
});
