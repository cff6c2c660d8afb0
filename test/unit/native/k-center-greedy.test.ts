import type { Matrix } from '../../../src/core/matrix';
import { Random } from '../../../src/core/random';
import { type KCenterGreedyOptions, kCenterGreedy } from '../../../src/native/k-center-greedy';
import { kCenterGreedyStream } from '../../../src/native/k-center-stream';
import { kCenterGreedyOracle } from '../../reference/k-center-greedy';

function normal(rows: number, columns: number, seed = 1): Matrix {
  const random = new Random(seed);
  return { data: Float32Array.from({ length: rows * columns }, () => random.normal()), rows, columns };
}
function points(...rows: number[][]): Matrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, columns: rows[0].length };
}
const features = normal(300, 12);

describe('what can be picked (R17)', () => {
  const cases: [string, Partial<KCenterGreedyOptions>, string, RegExp][] = [
    ['a budget beyond the pool', { budget: 301 }, 'SVP_E_BUDGET', /301.*300/],
    [
      'a budget beyond what the initial pool leaves',
      { budget: 299, initial: Uint32Array.of(1, 2) },
      'SVP_E_BUDGET',
      /299.*298/,
    ],
    ['a negative budget', { budget: -1 }, 'SVP_E_BUDGET', /-1/],
    ['half a budget', { budget: 1.5 }, 'SVP_E_BUDGET', /1\.5/],
    ['more random picks than budget', { budget: 5, randomInitial: 6 }, 'SVP_E_BUDGET', /6.*5/],
    ['an initial row outside', { initial: Uint32Array.of(300) }, 'SVP_E_INDEX', /300.*300/],
    [
      'an initial row twice',
      { initial: Uint32Array.of(4, 9, 4) },
      'SVP_E_INDEX',
      /initial\[2\] is 4.*initial\[0\]/,
    ],
    ['a start outside', { start: 300 }, 'SVP_E_INDEX', /300.*300/],
    ['a start beside an initial pool', { start: 1, initial: Uint32Array.of(2) }, 'SVP_E_OPTION', /start/],
    ['a misspelt option', { buget: 3 } as never, 'SVP_E_OPTION', /buget.*budget/],
    ['a metric that is none', { metric: 'manhattan' } as never, 'SVP_E_OPTION', /metric/],
    ['a device that is none', { device: 'gpu' as 'cuda' }, 'SVP_E_OPTION', /cuda:0,1/],
    ['a device without its number', { device: 'cuda:' }, 'SVP_E_OPTION', /cuda:0,1/],
    ['too few class labels', { classes: { labels: new Uint32Array(3) } }, 'SVP_E_SHAPE', /300/],
    [
      'class budgets of another sum',
      { classes: { labels: new Uint32Array(300), budgets: [7] } },
      'SVP_E_BUDGET',
      /7.*10/,
    ],
    [
      'a class budget beyond the class',
      { budget: 301, classes: { labels: new Uint32Array(300), budgets: [301] } },
      'SVP_E_BUDGET',
      /301.*300/,
    ],
  ];
  test.each(cases)('%s', async (_name, options, code, message) => {
    await expect(kCenterGreedy(features, { budget: 10, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a budget of 0 gives an empty answer', async () => {
    const { indices, radii } = await kCenterGreedy(features, { budget: 0 });
    expect([indices.length, radii.length]).toEqual([0, 0]);
    const empty = await kCenterGreedy({ data: new Float32Array(0), rows: 0, columns: 4 }, { budget: 0 });
    expect(empty.indices.length).toBe(0);
  });

  test('assignments need a center', async () => {
    await expect(kCenterGreedy(features, { budget: 0, assignments: true })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
    const { assignments, clusterSizes } = await kCenterGreedy(features, {
      budget: 0,
      assignments: true,
      initial: Uint32Array.of(5, 6),
    });
    expect(assignments!.length).toBe(300);
    expect(clusterSizes![0] + clusterSizes![1]).toBe(300);
  });
});

test('R8: a value that is not finite is named before anything is picked', async () => {
  const data = new Float32Array(60);
  data[4 * 6 + 2] = Number.NaN;
  data[7 * 6] = Number.POSITIVE_INFINITY;
  await expect(kCenterGreedy({ data, rows: 10, columns: 6 }, { budget: 2, start: 0 })).rejects.toMatchObject({
    code: 'SVP_E_NONFINITE',
    row: 4,
    column: 2,
  });
  await expect(
    kCenterGreedy(points([1, 1], [0, 0]), { budget: 1, start: 0, metric: 'cosine' }),
  ).rejects.toMatchObject({ code: 'SVP_E_NONFINITE', row: 1 });
});

test('rows without columns are all the same', async () => {
  const { indices, radii } = await kCenterGreedy(
    { data: new Float32Array(0), rows: 4, columns: 0 },
    { budget: 4, start: 2 },
  );
  expect(Array.from(indices)).toEqual([2, 0, 1, 3]);
  expect(Array.from(radii)).toEqual([Number.POSITIVE_INFINITY, 0, 0, 0]);
});

test('the random start and random first picks come from the seed, are distinct and avoid the initial pool', async () => {
  const pick = (seed: number, o = {}) =>
    kCenterGreedy(features, { budget: 40, seed, ...o }).then(({ indices }) => Array.from(indices));
  expect(await pick(3)).toEqual(await pick(3));
  expect(await pick(3)).not.toEqual(await pick(4));
  const initial = Uint32Array.from({ length: 280 }, (_, i) => i);
  const drawn = await kCenterGreedy(features, { budget: 20, randomInitial: 20, initial, seed: 9 });
  expect(Array.from(drawn.indices).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, i) => 280 + i),
  );
  const mixed = await kCenterGreedy(features, { budget: 30, randomInitial: 10, seed: 5 });
  const first = Array.from(mixed.indices.subarray(0, 10));
  const oracle = kCenterGreedyOracle(features, { budget: 30, first });
  expect(Array.from(mixed.indices)).toEqual(oracle.indices);
  expect(Array.from(mixed.radii)).toEqual(oracle.radii);
});

test('radius: no pick whose distance is at most it', async () => {
  const all = await kCenterGreedy(features, { budget: 300, start: 0 });
  const radius = all.radii[57];
  const some = await kCenterGreedy(features, { budget: 300, start: 0, radius });
  expect(Array.from(some.indices)).toEqual(Array.from(all.indices.subarray(0, 57)));
  expect(some.radii.length).toBe(57);
  const zero = await kCenterGreedy(points([1], [1], [2]), { budget: 3, start: 0, radius: 0 });
  expect(Array.from(zero.indices)).toEqual([0, 2]);
});

test('classes: each class as if it were the pool', async () => {
  const random = new Random(2);
  const labels = Uint32Array.from({ length: 300 }, () => random.below(3) * 2); // classes 1 and 3 are empty
  const budgets = [20, 0, 7, 0, 13];
  const initial = Uint32Array.of(labels.indexOf(4), labels.indexOf(0));
  const result = await kCenterGreedy(features, {
    budget: 40,
    classes: { labels, budgets },
    initial,
    assignments: true,
  });
  expect(Array.from(result.classCounts!)).toEqual(budgets);
  let at = 0;
  for (const c of [0, 2, 4]) {
    const rows = Array.from(labels.keys()).filter((i) => labels[i] === c);
    const part = {
      data: Float32Array.from(rows.flatMap((i) => Array.from(features.data.subarray(12 * i, 12 * i + 12)))),
      rows: rows.length,
      columns: 12,
    };
    const own = Array.from(initial).filter((i) => labels[i] === c);
    const picked = Array.from(result.indices.subarray(at, at + budgets[c]));
    const expected = kCenterGreedyOracle(part, {
      budget: budgets[c],
      initial: own.map((i) => rows.indexOf(i)),
      first: own.length ? [] : [rows.indexOf(picked[0])],
    });
    expect(picked).toEqual(expected.indices.map((i) => rows[i]));
    at += budgets[c];
  }
  const centers = [initial[1], initial[0], ...result.indices]; // initial class after class
  for (let i = 0; i < 300; i++) expect(labels[centers[result.assignments![i]]]).toBe(labels[i]);
  const shared = await kCenterGreedy(features, { budget: 31, classes: { labels } });
  expect(shared.classCounts!.reduce((sum, count) => sum + count)).toBe(31);
});

test('R9: views with an offset, odd lengths and shared memory; inputs are not changed', async () => {
  const expected = await kCenterGreedy(features, { budget: 50, start: 3 });
  const buffer = new ArrayBuffer(4 * features.data.length + 12);
  const view = new Float32Array(buffer, 4, features.data.length);
  view.set(features.data);
  const shared = new Float32Array(new SharedArrayBuffer(features.data.byteLength));
  shared.set(features.data);
  const before = Buffer.from(buffer.slice(0));
  for (const data of [view, shared]) {
    const { indices, radii } = await kCenterGreedy({ ...features, data }, { budget: 50, start: 3 });
    expect(indices).toEqual(expected.indices);
    expect(radii).toEqual(expected.radii);
  }
  expect(Buffer.from(buffer).equals(before)).toBe(true);
});

test("kaolin's property: with half the points identical, exactly k distinct picks, each the farthest", async () => {
  for (const rows of [32, 512, 513]) {
    const matrix = normal(rows, 3, rows);
    for (let i = 0; i < rows / 2; i++) matrix.data.set([1, 2, 3], 3 * i);
    for (const budget of [0, 1, 8, 32, rows]) {
      const { indices, radii } = await kCenterGreedy(matrix, { budget, start: 0 });
      const oracle = kCenterGreedyOracle(matrix, { budget, first: [0] });
      expect(Array.from(indices)).toEqual(oracle.indices);
      expect(Array.from(radii)).toEqual(oracle.radii);
      expect(new Set(indices).size).toBe(budget);
    }
  }
});

test('a start beside a checkpointless pool of equal rows counts rows upwards, quickly', async () => {
  const rows = 200_000;
  const data = new Float32Array(rows * 4).fill(2);
  const { indices, radii } = await kCenterGreedy({ data, rows, columns: 4 }, { budget: rows, start: 5 });
  expect(Array.from(indices.subarray(0, 8))).toEqual([5, 0, 1, 2, 3, 4, 6, 7]);
  expect(indices[rows - 1]).toBe(rows - 1);
  expect(radii[rows - 1]).toBe(0);
});

describe('kCenterGreedyStream', () => {
  test('gives the picks of kCenterGreedy, in order, and the result at the end', async () => {
    const whole = await kCenterGreedy(features, { budget: 120, start: 0 });
    const stream = kCenterGreedyStream(features, { budget: 120, start: 0 });
    const indices: number[] = [];
    let step = await stream.next();
    while (!step.done) {
      expect(step.value.position).toBe(indices.length);
      expect(step.value.radius).toBe(whole.radii[indices.length]);
      indices.push(step.value.index);
      step = await stream.next();
    }
    expect(indices).toEqual(Array.from(whole.indices));
    expect(step.value.indices).toEqual(whole.indices);
  });

  test('picks come while the engine works, and leaving cancels it', async () => {
    const large = normal(60_000, 32, 4);
    let seen = 0;
    const startedAt = performance.now();
    for await (const pick of kCenterGreedyStream(large, { budget: 60_000, start: 0 })) {
      expect(pick.position).toBe(seen++);
      if (seen === 500) break;
    }
    expect(seen).toBe(500);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('fails as kCenterGreedy does', async () => {
    await expect(kCenterGreedyStream(features, { budget: 999 }).next()).rejects.toMatchObject({
      code: 'SVP_E_BUDGET',
    });
    const signal = AbortSignal.abort();
    await expect(kCenterGreedyStream(features, { budget: 9, signal }).next()).rejects.toMatchObject({
      name: 'AbortError',
      code: 'SVP_E_ABORT',
    });
  });
});
