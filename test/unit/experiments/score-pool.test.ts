import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIndexFile } from '../../../src/data/formats/index-file';
import { readNpy } from '../../../src/data/formats/npy';
import type { ScorePoolOptions } from '../../../src/experiments/score-options';
import { scorePoolPlan } from '../../../src/experiments/score-pool';
import { rankDescending } from '../../../src/selection/rank';
import { node, model as onnx, value } from '../../reference/onnx-model';
import {
  ALL,
  expected,
  folder,
  fresh,
  items,
  matrix,
  model,
  N,
  pool,
  score,
  setUpSmallPass,
  withBroken,
} from '../../reference/small-scoring-pass';
import { referenceUncertainty } from '../../reference/uncertainty';

setUpSmallPass();

test('arrays hold what the model gives and what the oracle makes of it', async () => {
  const given = await score({ outputs: [...ALL, 'topK'], topK: 7 });
  const { logits, features } = given;
  expect([logits!.rows, logits!.columns, features!.rows, features!.columns]).toEqual([N, 5, N, 8]);
  expected.forEach((row, i) => {
    row.logits.forEach((number, c) => {
      expect(logits!.data[i * 5 + c]).toBeCloseTo(number, 5);
    });
    row.features.forEach((number, c) => {
      expect(features!.data[i * 8 + c]).toBeCloseTo(number, 5);
    });
  });
  const oracle = referenceUncertainty(logits!.data, 5);
  for (const name of ['entropy', 'leastConfidence', 'margin'] as const) {
    given[name]!.forEach((score, i) => {
      expect(score).toBeCloseTo(oracle[name][i], 6);
    });
  }
  expect(given.topK!.indices).toEqual(rankDescending(given.entropy!, 7));
  expect(Array.from(given.topK!.scores)).toEqual(
    Array.from(given.topK!.indices, (row) => given.entropy![row]),
  );
});

test('files hold the same as the arrays, and the record names them', async () => {
  const out = fresh();
  const outputs = [...ALL, 'topK'] as ScorePoolOptions['outputs'];
  const arrays = await score({ outputs, topK: 5, topKBy: 'margin' });
  const given = await score({ outputs, topK: 5, topKBy: 'margin', out });
  expect(given.entropy).toBeUndefined();
  expect(readdirSync(out).sort()).toEqual([
    'entropy.npy',
    'features.npy',
    'least-confidence.npy',
    'logits.npy',
    'margin.npy',
    'score.json',
    'top-k.index',
    'top-k.npy',
  ]);
  const read = async (name: string) => (await readNpy(join(out, name))).data;
  expect(await read('logits.npy')).toEqual(arrays.logits!.data);
  expect(await read('features.npy')).toEqual(arrays.features!.data);
  expect(await read('entropy.npy')).toEqual(arrays.entropy);
  expect(await read('least-confidence.npy')).toEqual(arrays.leastConfidence);
  expect(await read('margin.npy')).toEqual(arrays.margin);
  expect(await readIndexFile(join(out, 'top-k.index'))).toEqual(arrays.topK!.indices);
  expect(await read('top-k.npy')).toEqual(arrays.topK!.scores);
  expect(JSON.parse(readFileSync(join(out, 'score.json'), 'utf8'))).toMatchObject({
    version: 1,
    outputs: { logits: { file: 'logits.npy', shape: [N, 5] }, margin: { file: 'margin.npy', shape: [N] } },
    topK: { k: 5, by: 'margin', indices: 'top-k.index', scores: 'top-k.npy' },
    provider: 'cpu',
    broken: { count: 0, items: [] },
  });
});

test('top-k alone leaves no file of scores behind', async () => {
  const out = fresh();
  const { topK, files } = await score({ outputs: ['topK'], topK: 4, out });
  expect(readdirSync(out).sort()).toEqual(['score.json', 'top-k.index', 'top-k.npy']);
  expect(files).toEqual({ topK: join(out, 'top-k.index') });
  expect(topK!.indices).toEqual(rankDescending((await score({})).entropy!, 4));
});

test('a matrix, a file, a view and rows of choice give the same; the batch size does not matter', async () => {
  const { entropy } = await score({});
  expect((await score({ pool: matrix })).entropy).toEqual(entropy);
  const large = new Float32Array(items.length + 9);
  large.set(items, 5);
  const view = { data: large.subarray(5, 5 + items.length), rows: N, columns: 6 };
  expect((await score({ pool: view, batchSize: 200 })).entropy).toEqual(entropy);
  const shared = new Float32Array(new SharedArrayBuffer(items.length * 4));
  shared.set(items);
  expect((await score({ pool: { ...matrix, data: shared } })).entropy).toEqual(entropy);
  const indices = Uint32Array.of(52, 0, 0, 17);
  expect((await score({ pool: matrix, indices })).entropy).toEqual(
    Float32Array.from(indices, (row) => entropy![row]),
  );
  expect(large.subarray(5, 5 + items.length)).toEqual(items);
});

test('broken items are NaN, counted and listed, never picked; strict ends the pass', async () => {
  const broken = [0, 9, 52];
  const given = await score({ pool: withBroken(broken), outputs: [...ALL, 'topK'], topK: N });
  const plain = await score({ outputs: [...ALL] });
  expect(given.broken.count).toBe(3);
  expect(given.broken.items).toEqual(broken.map((row) => ({ row, item: `item-${row}`, reason: 'torn' })));
  for (let i = 0; i < N; i++) {
    expect(given.entropy![i]).toBe(broken.includes(i) ? Number.NaN : plain.entropy![i]);
    expect(given.features!.data[i * 8 + 7]).toBe(
      broken.includes(i) ? Number.NaN : plain.features!.data[i * 8 + 7],
    );
  }
  expect(given.topK!.indices).toHaveLength(N - 3);
  expect(given.topK!.indices).not.toContain(9);
  await expect(score({ pool: withBroken(broken), strict: true })).rejects.toMatchObject({
    code: 'SVP_E_FILE',
    row: 0,
    message: expect.stringContaining('item-0'),
  });
});

test('an output that is not finite names row and item', async () => {
  const log = join(folder, 'log.onnx');
  writeFileSync(
    log,
    onnx({
      nodes: [node('Log', ['x'], ['logits'])],
      inputs: [value('x', 'float32', ['n', 6])],
      outputs: [value('logits', 'float32', ['n', 6])],
      weights: [],
    }),
  );
  const data = new Float32Array(N * 6).fill(1);
  // A logarithm of 0 is −Infinity, probability 0; one of −1 is NaN.
  data[20 * 6 + 1] = 0;
  const given = await score({ model: log, pool: { ...matrix, data } });
  expect(given.entropy![20]).toBeCloseTo(Math.log(5), 5);
  data[31 * 6 + 4] = -1;
  const out = fresh();
  await expect(score({ model: log, pool: { ...matrix, data }, out })).rejects.toMatchObject({
    code: 'SVP_E_NONFINITE',
    row: 31,
    column: 4,
  });
  expect(existsSync(out)).toBe(false);
});

test('force overwrites, and takes away what the new pass does not write', async () => {
  const out = fresh();
  await score({ outputs: ['logits', 'topK'], topK: 2, out });
  await expect(score({ out })).rejects.toMatchObject({ code: 'SVP_E_EXISTS' });
  await score({ out, force: true });
  expect(readdirSync(out).sort()).toEqual(['entropy.npy', 'score.json']);
});

test('a plan says shapes, memory and time, and writes nothing', async () => {
  const out = fresh();
  const plan = await scorePoolPlan({ model, pool, outputs: ['logits', 'entropy', 'topK'], topK: 3, out });
  expect(plan).toMatchObject({
    count: N,
    itemShape: [6],
    outputs: [
      { name: 'logits', shape: [N, 5], bytes: N * 20 },
      { name: 'entropy', shape: [N], bytes: N * 4 },
      { name: 'topK', shape: [3], bytes: 24 },
    ],
  });
  expect(plan.seconds).toBeGreaterThan(0);
  expect(existsSync(out)).toBe(false);
});

test.each([
  ['no outputs', { outputs: [] }, 'SVP_E_OPTION'],
  ['an unknown option', { output: ['logits'] }, 'SVP_E_OPTION'],
  ['top-k without a number', { outputs: ['topK'] }, 'SVP_E_OPTION'],
  ['a top-k of more than there are', { topK: N + 1 }, 'SVP_E_BUDGET'],
  ['something to rank by without top-k', { topKBy: 'margin' }, 'SVP_E_OPTION'],
  ['resume without a folder', { resume: true }, 'SVP_E_OPTION'],
  ['resume and force', { resume: true, force: true, out: 'x' }, 'SVP_E_OPTION'],
  ['rows of a file', { indices: Uint32Array.of(1) }, 'SVP_E_OPTION'],
  ['rows beyond the pool', { pool: matrix, indices: Uint32Array.of(N) }, 'SVP_E_INDEX'],
  ['a pool that is not there', { pool: join(folder, 'none.npy') }, 'SVP_E_FILE'],
  ['a model that is not there', { model: join(folder, 'none.onnx') }, 'SVP_E_FILE'],
  ['a pool as model', { model: pool }, 'SVP_E_FORMAT'],
  ['items of another shape', { pool: { data: new Float32Array(10), rows: 2, columns: 5 } }, 'SVP_E_SHAPE'],
  ['a folder for a model that takes no images', { pool: folder }, 'SVP_E_SHAPE'],
])('refuses %s', async (_, options, code) => {
  await expect(score(options as never)).rejects.toMatchObject({ code });
});
