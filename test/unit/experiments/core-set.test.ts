import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { Random } from '../../../src/core/random';
import { readIndexFile } from '../../../src/data/formats/index-file';
import { readNpyMatrix, readNpyVector } from '../../../src/data/formats/npy';
import { type CoreSetOptions, coreSetAt } from '../../../src/experiments/core-set';
import { openWorkbench } from '../../../src/experiments/workbench';
import { filesBelow, temporaryFolder } from '../../process/training-folder';
import { FakeTrainingHost, fakeFeatures, fakeModel, fakeScore } from '../../reference/fake-training-host';
import { coreSetOracle, type OracleMethod } from '../../reference/protocols';
import { tinyImages } from '../../reference/tiny-images';

const folder = temporaryFolder();
const dataset = { train: tinyImages(300, { seed: 1 }), test: tinyImages(50, { seed: 2 }) };
const network = { arch: 'preact8', epochs: [2], learningRates: [0.1] };
const options: CoreSetOptions = {
  dataset,
  target: { ...network, arch: 'preact20' },
  proxy: network,
  subset: [60, 30, 120],
  validation: 20,
  seed: 3,
};

async function run(changes: Partial<CoreSetOptions>, host = new FakeTrainingHost()) {
  const bench = await openWorkbench({ dataset, host });
  return { host, ...(await coreSetAt(bench, { ...options, ...changes })) };
}

const numbers = async (run: string, file: string) => Array.from(await readIndexFile(path.join(run, file)));
const classesOf = (rows: Iterable<number>) => {
  const counts = [0, 0, 0, 0];
  for (const row of rows) counts[dataset.train.labels[row]]++;
  return counts;
};
const METHODS: OracleMethod[] = [
  'random',
  'least-confidence',
  'margin',
  'entropy',
  'forgetting-events',
  'k-centers',
];

test.each(METHODS)('%s: the subsets are those of the naive protocol, out of one ranking', async (method) => {
  const runDirectory = folder.path(`oracle-${method}`);
  const { host, record, subsets } = await run({ method, runDirectory });
  const pool = await numbers(runDirectory, 'train.index');
  expect(pool).toHaveLength(280);
  const first = method === 'k-centers' ? await numbers(runDirectory, 'initial_subset_6.index') : [];
  const expected = coreSetOracle({
    pool,
    budget: 120,
    method,
    first,
    job: (rows) => ({ ...network, weightSeed: 3, seed: 3, indices: Uint32Array.from(rows) }),
    order: Array.from(new Random(3).permutation(pool.length), (place) => pool[place]),
  });
  expect(subsets.map((rows) => Array.from(rows))).toEqual([30, 60, 120].map((n) => expected.slice(0, n)));
  expect(await numbers(runDirectory, 'selected.index')).toEqual(expected);
  for (const n of [30, 60, 120]) {
    expect(await numbers(runDirectory, `selected_${n}.index`)).toEqual(expected.slice(0, n));
  }
  // One proxy on everything, one pass at most, and the target on each subset.
  const proxies = method === 'random' ? [] : [['preact8', 280]];
  expect(host.jobs.map((job) => [job.arch, job.indices?.length])).toEqual([
    ...proxies,
    ['preact20', 30],
    ['preact20', 60],
    ['preact20', 120],
  ]);
  expect(record).toMatchObject({ kind: 'core-set', method, oracle: false, randomInitial: first.length });
  expect(host.models.size).toBe(0);
});

test('the folder has the reference’s names and columns', async () => {
  const several = folder.path('several');
  await run({ runDirectory: several, fullTarget: true });
  const own = async (where: string) =>
    (await filesBelow(where)).filter((file) => !file.startsWith('trainings/'));
  const part = (name: string) => ['train.index', 'dev.index', 'results.csv'].map((file) => `${name}/${file}`);
  const shared = [
    ...[
      'config.json',
      'train.index',
      'dev.index',
      'proxy.csv',
      'target.csv',
      'selection.csv',
      'selected.index',
    ],
    ...['ranking.index', 'scores.npy', 'features.npy', 'features.index', 'events.ndjson', 'record.json'],
    ...part('proxy'),
  ];
  expect(await own(several)).toEqual(
    [
      ...shared,
      ...[30, 60, 120].flatMap((n) => [`selected_${n}.index`, ...part(`target/${n}`)]),
      ...part('target/full'),
    ].sort(),
  );
  const single = folder.path('single');
  const { record } = await run({ runDirectory: single, subset: 60 });
  expect(await own(single)).toEqual([...shared, 'selected_60.index', ...part('target')].sort());
  expect(record.subsets[0].speedUp).toBeUndefined();
  expect(await fs.readFile(path.join(several, 'selection.csv'), 'utf8')).toMatch(
    /^nexamples,current_nexamples,new_nexamples,total_time,inference_time,ranking_time\n30,0,30,/,
  );
  expect(await fs.readFile(path.join(several, 'target.csv'), 'utf8')).toMatch(
    /^nexamples,train_accuracy,dev_accuracy,test_accuracy,train_time,dev_time,test_time\n30,[\s\S]*\n280,/,
  );
});

test('what analyses need is left behind: scores in the order of train.index, and a sample of the features', async () => {
  const runDirectory = folder.path('scores');
  await run({ runDirectory, method: 'entropy' });
  const pool = await numbers(runDirectory, 'train.index');
  const model = fakeModel({ ...network, weightSeed: 3, seed: 3, indices: Uint32Array.from(pool) });
  const scores = await readNpyVector(path.join(runDirectory, 'scores.npy'));
  expect(Array.from(scores)).toEqual(pool.map((row) => fakeScore(model, row, 'entropy')));
  const sample = await numbers(runDirectory, 'features.index');
  const features = await readNpyMatrix(path.join(runDirectory, 'features.npy'));
  expect(Array.from(features.data)).toEqual(sample.flatMap((row) => fakeFeatures(model, row)));
  expect((await numbers(runDirectory, 'ranking.index')).sort()).toEqual([...pool].sort());
});

test('end to end is the proxy, the pass, the ranking and the target; the speed-up is over the full pool', async () => {
  const { record } = await run({
    method: 'entropy',
    fullTarget: true,
    target: { ...network, arch: 'preact20', epochs: [8] },
  });
  const [small] = record.subsets;
  const expected = 0.56 + 0.25 + record.rankingSeconds + 8 * 0.03;
  expect(small.endToEndSeconds).toBeCloseTo(expected, 9);
  expect(small.speedUp).toBeCloseTo((8 * 0.28) / expected, 9);
  expect(record.full).toMatchObject({ examples: 280, trainSeconds: expect.closeTo(8 * 0.28, 9) });
});

test('the oracle’s proxy is the target on the full pool: it is trained once', async () => {
  const { host, record } = await run({ proxy: {}, target: network, fullTarget: true });
  expect(record.oracle).toBe(true);
  expect(host.jobs.map((job) => job.indices?.length)).toEqual([280, 30, 60, 120]);
  expect(record.full?.testAccuracy).toBe(record.proxy?.testAccuracy);
});

test.each(METHODS)('%s, balanced: every class gives the same, and the subsets nest', async (method) => {
  const { subsets, record } = await run({
    method,
    balanced: true,
    runDirectory: folder.path(`balanced-${method}`),
  });
  for (const rows of subsets) {
    expect(new Set(rows).size).toBe(rows.length);
    const counts = classesOf(rows);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
  expect(record.subsets.map((s) => s.classCounts)).toEqual(subsets.map(classesOf));
  const [a, b, c] = subsets.map((rows) => new Set(rows));
  expect([...a].every((row) => b.has(row)) && [...b].every((row) => c.has(row))).toBe(true);
});

test('a precomputed selection trains only the target, on its rows and beside its validation', async () => {
  const first = folder.path('first');
  const original = await run({ runDirectory: first, method: 'entropy' });
  const host = new FakeTrainingHost();
  const bench = await openWorkbench({ dataset, host });
  const { record, subsets } = await coreSetAt(bench, {
    dataset,
    target: network,
    precomputedSelection: first,
  });
  expect(subsets).toEqual(original.subsets);
  expect(host.jobs.map((job) => [job.indices?.length, job.validation?.length])).toEqual([
    [30, 20],
    [60, 20],
    [120, 20],
  ]);
  expect(record).toMatchObject({ method: 'entropy', precomputedSelection: first });
  const seconds = (r: typeof record) => (r.proxy?.trainSeconds ?? 0) + r.inferenceSeconds + r.rankingSeconds;
  expect(seconds(record)).toBeCloseTo(seconds(original.record), 6);
});

test('a finished run is read, not run; a broken one goes on', async () => {
  const runDirectory = folder.path('again');
  const first = await run({ runDirectory });
  const host = new FakeTrainingHost();
  const again = await run({ runDirectory, resume: true }, host);
  expect(host.jobs).toEqual([]);
  expect(again.subsets).toEqual(first.subsets);
  expect(again.target).toEqual(first.target);
  expect(again.record).toEqual(first.record);
});

test.each<[Partial<CoreSetOptions>, string, RegExp]>([
  [{ subset: undefined }, 'SVP_E_OPTION', /how many examples/],
  [{ subset: [] }, 'SVP_E_OPTION', /empty/],
  [{ subset: [30, 281] }, 'SVP_E_BUDGET', /281[\s\S]*280/],
  [{ subset: 0 }, 'SVP_E_BUDGET', /nothing to train/],
  [{ subset: '120%' }, 'SVP_E_BUDGET', /100 %/],
  [{ method: 'kcentre' }, 'SVP_E_OPTION', /k-centers/],
  [{ subsets: 3 } as Partial<CoreSetOptions>, 'SVP_E_OPTION', /subset/],
  [{ precomputedSelection: '/nowhere' }, 'SVP_E_FILE', /selected\.index/],
])('%p is refused', async (changes, code, message) => {
  const error = await run(changes).catch((e) => e);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
});
