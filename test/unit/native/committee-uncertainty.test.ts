import * as fc from 'fast-check';
import { COMMITTEE_MEASURES, committeeUncertainty } from '../../../src/native/committee-uncertainty';
import { referenceCommittee } from '../../reference/committee';
import { withinPromise } from '../../reference/uncertainty';

const matrix = (values: number[], columns: number) => ({
  data: Float32Array.from(values),
  rows: values.length / columns,
  columns,
});

async function expectLikeReference(members: Float32Array[], columns: number, temperature = 1) {
  const rows = members[0].length / columns;
  const actual = await committeeUncertainty(
    members.map((data) => ({ data, rows, columns })),
    { temperature },
  );
  const exact = referenceCommittee(members, columns, temperature);
  for (const measure of COMMITTEE_MEASURES) {
    const wrong = Array.from(actual[measure]!)
      .map((value, row) => ({ measure, row, value, exact: exact[measure][row] }))
      .filter(({ value, exact }) => !withinPromise(value, exact));
    expect(wrong).toEqual([]);
  }
}

describe('committeeUncertainty', () => {
  test('members that agree, and that are each sure of another class', async () => {
    const sure = [
      [0, -800, -800],
      [-800, 0, -800],
    ];
    const agree = await committeeUncertainty([matrix(sure[0], 3), matrix(sure[0], 3)]);
    for (const measure of COMMITTEE_MEASURES) expect(agree[measure]![0]).toBe(0);
    const apart = await committeeUncertainty([matrix(sure[0], 3), matrix(sure[1], 3)]);
    for (const measure of COMMITTEE_MEASURES) expect(apart[measure]![0]).toBeCloseTo(Math.log(2), 6);
  });

  test('votes: two of three, ties to the lowest class', async () => {
    const members = [matrix([1, 0, 1], 3), matrix([2, 1, 0], 3), matrix([0, 0, 1], 3)];
    const { voteEntropy } = await committeeUncertainty(members, { measures: ['voteEntropy'] });
    const thirds = -(2 / 3) * Math.log(2 / 3) - (1 / 3) * Math.log(1 / 3);
    expect(voteEntropy![0]).toBe(Math.fround(thirds));
  });

  test('any members: like float64', async () => {
    const logit = fc.oneof(
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.integer({ min: -1, max: 1 }),
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      fc.constant(Number.NEGATIVE_INFINITY),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(1, 0.5, 4),
        fc.infiniteStream(logit),
        async (columns, count, temperature, stream) => {
          const members = Array.from({ length: count }, () => {
            const data = Float32Array.from({ length: 4 * columns }, () => stream.next().value);
            for (let i = 0; i < 4; i++) {
              if (!data.subarray(i * columns, (i + 1) * columns).some(Number.isFinite)) data[i * columns] = 0;
            }
            return data;
          });
          await expectLikeReference(members, columns, temperature);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('the same bits for every instruction set and number of threads', async () => {
    const columns = 37;
    const rows = 900;
    const members = Array.from({ length: 4 }, (_, j) => ({
      data: Float32Array.from({ length: rows * columns }, (_, i) => 4 * Math.sin(i * (j + 1) * 0.7)),
      rows,
      columns,
    }));
    const expected = await committeeUncertainty(members, { threads: 1 });
    expect(await committeeUncertainty(members, { threads: 5 })).toEqual(expected);
    process.env.SVP_INSTRUCTION_SET = 'scalar';
    try {
      expect(await committeeUncertainty(members)).toEqual(expected);
    } finally {
      delete process.env.SVP_INSTRUCTION_SET;
    }
  });

  test('bad members are named', async () => {
    const good = matrix([0, 1, 2, 3], 2);
    await expect(committeeUncertainty([])).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
    await expect(committeeUncertainty([good, matrix([1, 2], 2)])).rejects.toThrow(/members\[1\] is 1 × 2/);
    await expect(committeeUncertainty([good, matrix([0, 1, 2, Number.NaN], 2)])).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 1,
      column: 1,
      message: expect.stringContaining('members[1]: row 1, column 1 is NaN'),
    });
    const nothing = matrix([0, 1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], 2);
    await expect(committeeUncertainty([nothing])).rejects.toMatchObject({ code: 'SVP_E_NONFINITE', row: 1 });
    await expect(committeeUncertainty([good], { temperature: 0 })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
    await expect(committeeUncertainty([good], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SVP_E_ABORT',
    });
  });
});
