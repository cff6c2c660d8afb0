import fc from 'fast-check';
import { correlate } from '../../../src/analysis/correlate';
import { modelCorrelations } from '../../../src/analysis/model-correlation';
import type { Ranking } from '../../../src/analysis/ranking';
import { Random } from '../../../src/core/random';
import { plainPearson, plainSpearman } from '../../reference/correlation';

/** Scores that share `signal`, each run with noise of its own. */
function run(model: string, seed: number, noise: number, epoch?: number): Ranking {
  const signal = new Random(77);
  const own = new Random(1000 * seed + model.length + (epoch ?? 0) * 31);
  const scores = Float64Array.from({ length: 200 }, () => signal.normal() + noise * own.normal());
  const at = epoch === undefined ? '' : `@${epoch}`;
  return {
    name: `${model}#${seed}${at}`,
    method: 'entropy',
    model,
    seed,
    scores,
    ...(epoch ? { epoch } : {}),
  };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

test('the matrices are the definitions, for every pair', async () => {
  const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { minLength: 2, maxLength: 4 }), async (lists) => {
      const rankings = lists.map((list, i) => ({ name: `r${i}`, scores: Float64Array.from(list) }));
      const { spearman, pearson, examples } = await correlate(rankings, { budgets: [1] });
      expect(examples).toBe(12);
      for (const [i, a] of lists.entries()) {
        for (const [j, b] of lists.entries()) {
          expect(spearman[i][j]).toBeCloseTo(plainSpearman(a, b), 10);
          expect(pearson[i][j]).toBeCloseTo(plainPearson(a, b), 10);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('runs of two models are averaged over pairs with different seeds', async () => {
  const seeds = [1, 2, 3, 4, 5];
  const rankings = seeds.flatMap((seed) => [run('preact8', seed, 0.8), run('preact20', seed, 0.3)]);
  const { models, spearman, rankings: order } = await correlate(rankings);
  const cell = (a: string, b: string) => models.find((m) => m.a === a && m.b === b)!;
  // The paper's 20 ordered pairs of five runs; within one model the ten unordered ones have the same mean.
  expect(cell('preact8', 'preact20').spearman.n).toBe(20);
  expect(cell('preact20', 'preact20').spearman.n).toBe(10);
  const index = (name: string) => order.findIndex((ranking) => ranking.name === name);
  const all = seeds.flatMap((s) =>
    seeds.filter((t) => t !== s).map((t) => spearman[index(`preact8#${s}`)][index(`preact20#${t}`)]),
  );
  const mean = all.reduce((sum, value) => sum + value, 0) / 20;
  expect(cell('preact8', 'preact20').spearman.mean).toBeCloseTo(mean, 12);
  expect(cell('preact20', 'preact20').spearman.mean).toBeGreaterThan(
    cell('preact8', 'preact8').spearman.mean,
  );
  expect(cell('preact8', 'preact20').sameSeed).toBeUndefined();
});

test('with one seed only, pairs of that seed are used and marked; other methods never mix', () => {
  const labels = [
    { method: 'entropy', model: 'a', seed: 0 },
    { method: 'entropy', model: 'b', seed: 0 },
    { method: 'forgetting-events', model: 'b', seed: 0 },
  ];
  const matrix = [
    [1, 0.5, 0.1],
    [0.5, 1, 0.2],
    [0.1, 0.2, 1],
  ];
  expect(modelCorrelations(labels, matrix, matrix)).toEqual([
    {
      method: 'entropy',
      a: 'a',
      b: 'b',
      spearman: { n: 1, mean: 0.5 },
      pearson: { n: 1, mean: 0.5 },
      sameSeed: true,
    },
  ]);
});

test('overlaps count what the first picks share', async () => {
  const order = (...rows: number[]) => Uint32Array.from(rows);
  const { overlaps } = await correlate(
    [
      { name: 'a', order: order(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) },
      { name: 'b', order: order(1, 0, 9, 8, 7) },
    ],
    { budgets: [2, 0.4, 10] },
  );
  // The order of b ends after five picks: nothing is said about ten.
  expect(overlaps).toEqual([
    { a: 'a', b: 'b', budget: 2, intersection: 2, share: 1, byChance: 0.2, jaccard: 1 },
    { a: 'a', b: 'b', budget: 4, intersection: 2, share: 0.5, byChance: 0.4, jaccard: 1 / 3 },
  ]);
});

test('rankings converge over epochs to their own end and towards the reference', async () => {
  const epochs = [1, 2, 3, 4];
  const rankings = [1, 2].flatMap((seed) => [
    ...epochs.map((epoch) => run('preact8', seed, 1.6 / epoch, epoch)),
    run('preact20', seed, 0.1),
  ]);
  const result = await correlate(rankings, { reference: 'preact20' });
  expect(result.rankings.map((r) => r.name)).toEqual([
    'preact8#1@4',
    'preact20#1',
    'preact8#2@4',
    'preact20#2',
  ]);
  const curve = result.convergence;
  expect(curve.map((point) => [point.model, point.epoch])).toEqual(epochs.map((e) => ['preact8', e]));
  expect(curve[3].own).toMatchObject({ n: 2, mean: expect.closeTo(1, 10) });
  expect(curve[0].reference!.n).toBe(2);
  expect(curve[0].reference!.mean).toBeLessThan(curve[3].reference!.mean);
});

test('pools that differ are compared on what they have in common, in any order of their rows', async () => {
  const rows = Uint32Array.of(7, 3, 5, 9);
  const result = await correlate(
    [
      { name: 'a', rows, scores: Float32Array.of(70, 30, 50, 90) },
      { name: 'b', rows: Uint32Array.of(1, 3, 5, 7), scores: Float32Array.of(99, 3, 5, 7) },
      { name: 'c', rows: Uint32Array.of(3, 5, 7), order: Uint32Array.of(3, 5, 7) },
    ],
    { budgets: [1] },
  );
  expect(result.examples).toBe(3);
  expect(result.spearman).toEqual([
    [1, expect.closeTo(1, 12), expect.closeTo(-1, 12)],
    [expect.closeTo(1, 12), 1, expect.closeTo(-1, 12)],
    [expect.closeTo(-1, 12), expect.closeTo(-1, 12), 1],
  ]);
  expect(result.pearson[0][2]).toBeNaN();
});

test('examples never learned are ranked, and left out of Pearson’s correlation', async () => {
  const a = Float64Array.of(Infinity, 3, 2, 1, 0);
  const b = Float64Array.of(4, Infinity, 2, 0, 1);
  const { spearman, pearson, rankings } = await correlate([
    { name: 'a', scores: a },
    { name: 'b', scores: b },
  ]);
  expect(spearman[0][1]).toBeCloseTo(plainSpearman(a, b), 12);
  expect(pearson[0][1]).toBeCloseTo(plainPearson([2, 1, 0], [2, 0, 1]), 12);
  expect(rankings.map((r) => r.infinite)).toEqual([1, 1]);
});

test('bad input is told', async () => {
  const good: Ranking = { name: 'a', scores: Float64Array.of(1, 2, 3) };
  const other: Ranking = { name: 'b', scores: Float64Array.of(3, 1, 2) };
  await expect(correlate([good])).rejects.toThrow(code('SVP_E_OPTION'));
  await expect(correlate([good, good])).rejects.toThrow(/two rankings are called "a"/);
  await expect(correlate([good, { name: 'c' }])).rejects.toThrow(code('SVP_E_OPTION'));
  await expect(correlate([good, { name: 'c', scores: [1] as never }])).rejects.toThrow(code('SVP_E_SHAPE'));
  await expect(correlate([good, other], { budget: [1] } as never)).rejects.toThrow(/Did you mean budgets/);
  await expect(correlate([good, other], { reference: 'bb' })).rejects.toThrow(/Did you mean b/);
  await expect(correlate([good, other], { budgets: [4] })).rejects.toThrow(code('SVP_E_BUDGET'));
  await expect(correlate([good, { name: 'c', order: Uint32Array.of(5) }], { poolSize: 3 })).rejects.toThrow(
    code('SVP_E_INDEX'),
  );
  await expect(correlate([good, { ...other, scores: Float64Array.of(1, NaN, 2) }])).rejects.toThrow(
    code('SVP_E_NONFINITE'),
  );
  await expect(correlate([good, { ...other, rows: Uint32Array.of(7, 8, 9) }])).rejects.toThrow(
    /0 examples in common/,
  );
  const same = { model: 'm', seed: 1, epoch: 2 };
  await expect(
    correlate([
      { ...good, ...same },
      { ...other, ...same },
    ]),
  ).rejects.toThrow(/different seeds/);
  await expect(correlate([good, other], { signal: AbortSignal.abort() })).rejects.toThrow(
    code('SVP_E_ABORT'),
  );
});
