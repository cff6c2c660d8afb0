import {
  existsSync,
  promises as fs,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIndexFile } from '../../../src/data/formats/index-file';
import { readNpy, writeNpy } from '../../../src/data/formats/npy';
import type { PoolSource } from '../../../src/data/pool';
import type { ScorePoolOptions } from '../../../src/experiments/score-options';
import { scorePool, scorePoolPlan } from '../../../src/experiments/score-pool';
import { rankDescending } from '../../../src/selection/rank';
import { classifier, classify, node, model as onnx, value } from '../../reference/onnx-model';
import { referenceUncertainty } from '../../reference/uncertainty';

const folder = mkdtempSync(join(tmpdir(), 'svp-score-'));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, 'model.onnx');
const N = 53;
const items = Float32Array.from({ length: N * 6 }, (_, i) => 3 * Math.sin(i * 2.3));
const matrix = { data: items, rows: N, columns: 6 };
const pool = join(folder, 'pool.npy');
const expected = Array.from({ length: N }, (_, i) => classify(items.subarray(i * 6, i * 6 + 6)));
beforeAll(async () => {
  writeFileSync(model, classifier({ shape: [6] }));
  await writeNpy(pool, items, [N, 6]);
});
let outs = 0;
const fresh = () => join(folder, `out${outs++}`);
const score = (options: Partial<ScorePoolOptions>) =>
  scorePool({ model, pool, outputs: ['entropy'], batchSize: 8, threads: 1, ...options });
const ALL = ['logits', 'features', 'entropy', 'leastConfidence', 'margin'] as const;

/** A pool of the matrix's rows in which some are broken. */
function withBroken(rows: number[], each?: (first: number) => Promise<void> | void): PoolSource {
  return {
    name: 'broken pool',
    count: N,
    itemShape: [6],
    dtype: 'float32',
    itemNames: Array.from({ length: N }, (_, i) => `item-${i}`),
    fingerprint: async () => `broken ${rows}`,
    close: async () => {},
    async *batches({ batchSize, first = 0 }) {
      for (let from = first; from < N; from += batchSize) {
        await each?.(from);
        const size = Math.min(batchSize, N - from);
        const values = items.slice(from * 6, (from + size) * 6);
        const broken = rows
          .filter((row) => row >= from && row < from + size)
          .map((row) => ({ row, item: `item-${row}`, reason: 'torn' }));
        for (const { row } of broken) values.fill(0, (row - from) * 6, (row - from + 1) * 6);
        yield { first: from, size, values, broken };
      }
    },
  };
}

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

describe('an interrupted pass', () => {
  const options: Partial<ScorePoolOptions> = {
    outputs: ['logits', 'margin', 'topK'],
    topK: 6,
    topKBy: 'entropy',
  };

  async function interrupted(rows = 24): Promise<string> {
    const out = fresh();
    const abort = new AbortController();
    const run = score({
      ...options,
      pool: withBroken([3, 40]),
      out,
      signal: abort.signal,
      onProgress: ({ done }) => {
        if (done >= rows) abort.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'SVP_E_ABORT', name: 'AbortError' });
    return out;
  }

  test('goes on with resume, to the same bytes; no other way touches it', async () => {
    const whole = fresh();
    await score({ ...options, pool: withBroken([3, 40]), out: whole });
    const out = await interrupted();
    expect(existsSync(join(out, 'score.json'))).toBe(false);
    await expect(score({ ...options, pool: withBroken([3, 40]), out })).rejects.toMatchObject({
      code: 'SVP_E_EXISTS',
      message: expect.stringContaining('--resume'),
    });
    const read: number[] = [];
    const pool = withBroken([3, 40], (first) => void read.push(first));
    const given = await score({ ...options, pool, out, resume: true });
    expect(given.resumed).toBeGreaterThanOrEqual(24);
    expect(read[0]).toBe(given.resumed);
    expect(readdirSync(out).sort()).toEqual(readdirSync(whole).sort());
    for (const name of readdirSync(whole)) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name)))).toBe(true);
    }
    const again = await score({ ...options, pool: withBroken([3, 40]), out, resume: true });
    expect(again).toMatchObject({ resumed: N, seconds: 0, broken: { count: 2 } });
  });

  test.each([
    ['another pool', { pool: withBroken([3]) }],
    ['other options', { batchSize: 4 }],
    ['another temperature', { temperature: 2 }],
    ['other outputs', { outputs: ['logits'], topK: undefined, topKBy: undefined }],
  ])('is not gone on with by %s', async (_, other) => {
    const out = await interrupted();
    const run = score({
      ...options,
      pool: withBroken([3, 40]),
      out,
      resume: true,
      ...(JSON.parse(JSON.stringify(other)) as object),
      ...('pool' in other ? { pool: other.pool } : {}),
      ...('topK' in other ? { topK: undefined, topKBy: undefined } : {}),
    } as Partial<ScorePoolOptions>).catch((error) => error);
    expect(await run).toMatchObject({ code: expect.stringMatching(/SVP_E_CHECKPOINT|SVP_E_OPTION/) });
  });

  test('is not gone on with by another model', async () => {
    const out = await interrupted();
    const other = join(folder, 'other.onnx');
    writeFileSync(other, classifier({ shape: [6], metadata: { a: 'b' } }));
    await expect(
      score({ ...options, pool: withBroken([3, 40]), out, resume: true, model: other }),
    ).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test.each([
    ['a record of which a byte is flipped', '.score-progress', (b: Buffer) => b.length >> 1],
    ['scores of which a byte is flipped', '.margin.npy.partial', () => 140],
    ['a header of which a byte is flipped', '.logits.npy.partial', () => 60],
  ])('R4: %s is found, and force starts afresh', async (_, name, place) => {
    const out = await interrupted();
    const bytes = readFileSync(join(out, name));
    bytes[place(bytes)] ^= 1;
    writeFileSync(join(out, name), bytes);
    const again = { ...options, pool: withBroken([3, 40]), out };
    await expect(score({ ...again, resume: true })).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
    expect(await score({ ...again, force: true })).toMatchObject({ resumed: 0, count: N });
  });

  test('R4: an array that is cut short is found; one that is longer than its record is cut back', async () => {
    const out = await interrupted();
    const file = join(out, '.logits.npy.partial');
    await fs.appendFile(file, Buffer.alloc(1000, 7));
    const again = { ...options, pool: withBroken([3, 40]), out, resume: true };
    expect(await score(again)).toMatchObject({ count: N });
    const short = await interrupted();
    await fs.truncate(join(short, '.logits.npy.partial'), 200);
    await expect(score({ ...again, out: short })).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test('R12: a signal at any moment ends the call within 250 ms, and leaves what can be gone on with, or nothing', async () => {
    const slow = join(folder, 'slow.onnx');
    writeFileSync(slow, classifier({ shape: [256], features: 256, layers: 30 }));
    const data = Float32Array.from({ length: 2000 * 256 }, (_, i) => Math.sin(i));
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const out = fresh();
      const abort = new AbortController();
      let firedAt = 0;
      setTimeout(() => {
        firedAt = performance.now();
        abort.abort();
      }, i * 15);
      const run = score({
        model: slow,
        pool: { data, rows: 2000, columns: 256 },
        out,
        signal: abort.signal,
        batchSize: 64,
      });
      const outcome = await run.catch((error) => error);
      if (firedAt === 0) continue;
      waits.push(performance.now() - firedAt);
      expect(outcome).toMatchObject({ code: 'SVP_E_ABORT' });
      const left = existsSync(out) ? readdirSync(out) : [];
      expect(left.length === 0 || left.includes('.score-progress')).toBe(true);
    }
    expect(waits.length).toBeGreaterThan(5);
    expect(Math.max(...waits)).toBeLessThan(250);
  });
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
