import fc from 'fast-check';
import { kCenterGreedy } from '../../../src/native/k-center-greedy';
import { verifySelection } from '../../../src/selection/verify';
import { kCenterGreedyOracle } from '../../reference/k-center-greedy';

/** Rows on a coarse grid, so that ties and duplicates are common, or spread out. */
function features(rows: number, columns: number, seed: number, grid: boolean) {
  let state = seed >>> 0 || 1;
  const data = Float32Array.from({ length: rows * columns }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const uniform = state / 2 ** 32;
    return grid ? Math.floor(uniform * 3) : uniform;
  });
  return { data, rows, columns };
}

const everything = { steps: 'all', rows: 'all' } as const;

describe('verifySelection finds nothing wrong with what kCenterGreedy gives', () => {
  test('for generated pools, metrics and initial pools, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 150 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer(),
        fc.boolean(),
        fc.boolean(),
        async (rows, columns, seed, grid, cosine) => {
          const pool = features(rows, columns, seed, grid);
          // No row of zeros, which has no direction.
          if (cosine) for (let i = 0; i < pool.data.length; i += columns) pool.data[i]++;
          const metric = cosine ? 'cosine' : 'euclidean';
          const initial = Uint32Array.of(1, 2);
          const { indices, radii } = await kCenterGreedy(pool, { budget: rows - 2, initial, metric });
          const result = await verifySelection(pool, { indices, radii, initial, metric, ...everything });
          expect(result).toMatchObject({ verified: true, rows, poolSize: rows });
          expect(result.steps.map(({ position }) => position)).toEqual([...indices.keys()]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('for random first picks, whose radii may rise, and for classes', async () => {
    const pool = features(120, 5, 3, false);
    const first = await kCenterGreedy(pool, { budget: 30, randomInitial: 10, seed: 4 });
    const given = { indices: first.indices, radii: first.radii, ...everything };
    expect((await verifySelection(pool, { ...given, randomInitial: 10 })).verified).toBe(true);
    expect((await verifySelection(pool, given)).verified).toBe(false);

    const labels = Uint32Array.from({ length: 120 }, (_, i) => (i * i) % 3);
    const byClass = await kCenterGreedy(pool, { budget: 40, classes: { labels } });
    const { indices, radii } = byClass;
    expect((await verifySelection(pool, { indices, radii, labels, ...everything })).verified).toBe(true);
    expect((await verifySelection(pool, { indices, radii, ...everything })).verified).toBe(false);
  });

  test('and the steps say the same as the plain loop', async () => {
    const pool = features(60, 7, 9, true);
    const expected = kCenterGreedyOracle(pool, { budget: 20, first: [5] });
    const result = await verifySelection(pool, {
      indices: Uint32Array.from(expected.indices),
      radii: expected.radii,
      ...everything,
    });
    expect(result.verified).toBe(true);
    for (const step of result.steps) {
      expect(step.farthest).toBe(expected.radii[step.position]);
      expect(step.farthestRow).toBe(expected.indices[step.position]);
    }
  });
});

describe('verifySelection finds what is wrong', () => {
  const pool = features(200, 6, 1, false);
  let indices: Uint32Array;
  let radii: Float64Array;
  beforeAll(async () => {
    ({ indices, radii } = await kCenterGreedy(pool, { budget: 50, start: 0 }));
  });

  test('two picks in the wrong order', async () => {
    const swapped = indices.slice();
    [swapped[20], swapped[21]] = [swapped[21], swapped[20]];
    const { verified, steps } = await verifySelection(pool, { indices: swapped, ...everything });
    expect(verified).toBe(false);
    const wrong = steps.filter((step) => step.problem !== undefined);
    expect(wrong[0]).toMatchObject({ position: 20, row: swapped[20], farthestRow: indices[20] });
    expect(wrong[0].problem).toMatch(`but row ${indices[20]} is farther`);
  });

  test('a pick that another row should have been', async () => {
    const replaced = indices.slice();
    replaced[49] = [...Array(200).keys()].find((row) => !indices.includes(row)) as number;
    const { steps } = await verifySelection(pool, { indices: replaced, ...everything });
    expect(steps.filter((step) => step.problem).map(({ position }) => position)).toEqual([49]);
  });

  test('a radius off by one bit', async () => {
    const off = radii.slice();
    new BigUint64Array(off.buffer)[30]++;
    const { steps } = await verifySelection(pool, { indices, radii: off, ...everything });
    const wrong = steps.filter((step) => step.problem);
    expect(wrong).toHaveLength(1);
    expect(wrong[0].problem).toBe(
      `the radius of row ${indices[30]} is ${radii[30]}, but the selection says ${off[30]}`,
    );
  });

  test('a tie that went to the higher row', async () => {
    const line = { data: Float32Array.of(0, 1, 1, 0.5), rows: 4, columns: 1 };
    const { steps } = await verifySelection(line, { indices: Uint32Array.of(0, 2), ...everything });
    expect(steps[0].problem).toBe('row 2 was picked, but row 1 is as far (1) and lower');
  });

  test('the picks after a step compete there even in a sample of one row', async () => {
    const swapped = indices.slice();
    [swapped[20], swapped[30]] = [swapped[30], swapped[20]];
    const result = await verifySelection(pool, { indices: swapped, steps: 'all', rows: 1 });
    expect(result.verified).toBe(false);
    expect(result.rows).toBeLessThan(60);
  });
});

describe('steps and rows', () => {
  const pool = features(300, 4, 2, false);

  test('20 steps by default, the last among them, drawn by seed', async () => {
    const { indices } = await kCenterGreedy(pool, { budget: 100 });
    const positions = async (seed: number) =>
      (await verifySelection(pool, { indices, seed })).steps.map(({ position }) => position);
    const drawn = await positions(0);
    expect(drawn).toHaveLength(20);
    expect(drawn.at(-1)).toBe(99);
    expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
    expect(await positions(0)).toEqual(drawn);
    expect(await positions(1)).not.toEqual(drawn);
  });

  test('nothing to check is verified', async () => {
    const none = await verifySelection(pool, { indices: new Uint32Array(0) });
    expect(none).toMatchObject({ verified: true, steps: [] });
    const free = await verifySelection(pool, { indices: Uint32Array.of(7) });
    expect(free).toMatchObject({ verified: true, steps: [] });
  });

  test('a view with an offset', async () => {
    const buffer = new Float32Array(5 + pool.data.length);
    buffer.set(pool.data, 5);
    const view = { ...pool, data: buffer.subarray(5) };
    const { indices, radii } = await kCenterGreedy(pool, { budget: 30 });
    expect((await verifySelection(view, { indices, radii, ...everything })).verified).toBe(true);
  });
});

describe('mistakes', () => {
  const pool = features(10, 2, 2, false);

  test.each([
    [{ indices: Uint32Array.of(1, 1) }, 'SVP_E_INDEX', /names row 1 twice/],
    [{ indices: Uint32Array.of(1, 10) }, 'SVP_E_INDEX', /row 10 .*pool has 10 rows/],
    [{ indices: Uint32Array.of(3), initial: Uint32Array.of(3) }, 'SVP_E_INDEX', /names row 3 twice/],
    [{ indices: Uint32Array.of(1), radii: [1, 2] }, 'SVP_E_SHAPE', /radii must hold 1 values, not 2/],
    [
      { indices: Uint32Array.of(1), labels: new Uint32Array(3) },
      'SVP_E_SHAPE',
      /labels must hold 10 values, not 3/,
    ],
    [{ indices: Uint32Array.of(1), step: 3 }, 'SVP_E_OPTION', /steps/],
  ])('%j', async (options, code, message) => {
    const call = verifySelection(pool, options as Parameters<typeof verifySelection>[1]);
    await expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('features that are not finite are named', async () => {
    const bad = { ...pool, data: pool.data.slice() };
    bad.data[7] = Number.NaN;
    await expect(verifySelection(bad, { indices: Uint32Array.of(0, 1) })).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 3,
      column: 1,
    });
  });

  test('an abort', async () => {
    const call = verifySelection(pool, { indices: Uint32Array.of(0, 1), signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});
