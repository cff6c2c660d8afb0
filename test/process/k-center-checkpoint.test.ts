import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  promises as fs,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Matrix } from '../../src/core/matrix';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { kCenterGreedyOracle } from '../reference/k-center-greedy';

const folder = mkdtempSync(join(tmpdir(), 'svp-k-centers-'));
afterAll(() => fs.rm(folder, { recursive: true }));

function normal(rows: number, columns: number, seed: number): Matrix {
  const random = new Random(seed);
  return { data: Float32Array.from({ length: rows * columns }, () => random.normal()), rows, columns };
}
const small = normal(400, 10, 1);
let files = 0;
const fresh = () => join(folder, `c${files++}.svp`);

/** Leaves a checkpoint of 150 picks behind. */
async function leave(path: string, budget = 150) {
  return kCenterGreedy(small, { budget, start: 7, checkpoint: { path } });
}

test('R3: killed at random moments and resumed, the selection is that of an unbroken run', async () => {
  const features = join(folder, 'features.npy');
  const matrix = normal(40_000, 48, 3);
  await writeNpy(features, matrix.data, [matrix.rows, matrix.columns]);
  const budget = 20_000;
  const whole = await kCenterGreedy(matrix, { budget, start: 0 });
  const path = fresh();
  const out = join(folder, 'out.json');
  const random = new Random(Date.now() & 0xffff);
  const written = () => (existsSync(path) ? statSync(path).mtimeMs : 0);
  let kills = 0;
  for (let attempt = 0; !existsSync(out); attempt++) {
    const before = written();
    const child = spawn(
      process.execPath,
      [join(__dirname, 'k-center-select.cjs'), features, String(budget), path, out],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    let ended = false;
    const end = new Promise<void>((resolve) =>
      child.on('close', () => {
        ended = true;
        resolve();
      }),
    );
    // At any moment from the start on, or soon after a checkpoint of its own: the machine's speed decides nothing.
    if (attempt < 6) {
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      while (attempt % 2 === 1 && !ended && written() === before) await pause(1);
      await pause(attempt % 2 === 1 ? random.below(20) : random.below(150));
      child.kill('SIGKILL');
    }
    await end;
    expect(stderr).toBe('');
    if (child.signalCode === 'SIGKILL') kills++;
  }
  const result = JSON.parse(readFileSync(out, 'utf8'));
  expect(kills).toBeGreaterThan(2);
  expect(result.indices).toEqual(Array.from(whole.indices));
  expect(result.radii).toEqual(Array.from(whole.radii.subarray(1)));
}, 180_000);

test('a finished selection is extended by more picks, and a smaller budget is its prefix', async () => {
  const whole = await kCenterGreedy(small, { budget: 400, start: 7, assignments: true });
  const path = fresh();
  await leave(path);
  const more = await kCenterGreedy(small, { budget: 400, start: 7, checkpoint: { path }, assignments: true });
  expect(more.stats.resumedPicks).toBe(150);
  expect(more.indices).toEqual(whole.indices);
  expect(more.radii).toEqual(whole.radii);
  expect(more.assignments).toEqual(whole.assignments);
  const fewer = await kCenterGreedy(small, { budget: 60, start: 7, checkpoint: { path }, assignments: true });
  const expected = kCenterGreedyOracle(small, { budget: 60, first: [7] });
  expect(Array.from(fewer.indices)).toEqual(expected.indices);
  expect(Array.from(fewer.assignments!)).toEqual(expected.assignments);
});

test('rows appended: the picks stay, and the selection goes on in the larger pool', async () => {
  const path = fresh();
  const before = await leave(path, 50);
  const added = normal(300, 10, 8);
  const data = new Float32Array(small.data.length + added.data.length);
  data.set(small.data);
  data.set(added.data, small.data.length);
  const larger = { data, rows: 700, columns: 10 };
  const after = await kCenterGreedy(larger, {
    budget: 200,
    start: 7,
    checkpoint: { path },
    assignments: true,
  });
  const expected = kCenterGreedyOracle(larger, { budget: 200, first: before.indices });
  expect(Array.from(after.indices)).toEqual(expected.indices);
  expect(Array.from(after.radii.subarray(50))).toEqual(expected.radii.slice(50));
  expect(Array.from(after.assignments!)).toEqual(expected.assignments);
});

test('an interrupted selection per class goes on in the class it was in', async () => {
  const labels = Uint32Array.from({ length: 400 }, (_, i) => i % 3);
  const options = { budget: 240, classes: { labels }, assignments: true } as const;
  const whole = await kCenterGreedy(small, options);
  const path = fresh();
  let resumed = 0;
  for (let attempt = 0; attempt < 50 && resumed === 0; attempt++) {
    const stop = new AbortController();
    const checkpoint = { path, everyMs: 0 };
    const running = kCenterGreedy(small, { ...options, checkpoint, signal: stop.signal });
    setTimeout(() => stop.abort(), attempt / 2);
    await running.catch(() => {});
    if (existsSync(path))
      resumed = (await kCenterGreedy(small, { ...options, checkpoint })).stats.resumedPicks;
  }
  const again = await kCenterGreedy(small, { ...options, checkpoint: { path } });
  expect(again.indices).toEqual(whole.indices);
  expect(again.radii).toEqual(whole.radii);
  expect(again.assignments).toEqual(whole.assignments);
});

describe('R4: a checkpoint that is damaged or of something else is never used', () => {
  const resume = (path: string, o = {}) =>
    kCenterGreedy(small, { budget: 200, start: 7, checkpoint: { path }, ...o });

  test('torn at every length, and with any bit flipped', async () => {
    const path = fresh();
    await leave(path, 20);
    const bytes = readFileSync(path);
    const lengths = [0, 1, 7, 8, 15, 16, 100, bytes.length - 8, bytes.length - 1];
    for (const length of lengths) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(resume(path)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
    }
    const random = new Random(5);
    for (let t = 0; t < 100; t++) {
      const damaged = Buffer.from(bytes);
      damaged[random.below(bytes.length)] ^= 1 << random.below(8);
      writeFileSync(path, damaged);
      await expect(resume(path)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(8)]));
    await expect(resume(path)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test('the generation before is used where the newest is damaged', async () => {
    const path = fresh();
    await leave(path, 100);
    const expected = await resume(path);
    expect(existsSync(`${path}.previous`)).toBe(true);
    writeFileSync(path, 'torn');
    const again = await resume(path);
    expect(again.stats.resumedPicks).toBe(100);
    expect(again.indices).toEqual(expected.indices);
  });

  test('other features, options or a smaller pool', async () => {
    const path = fresh();
    await leave(path, 20);
    const changed = { ...small, data: Float32Array.from(small.data) };
    changed.data[1234] += 1;
    const refused = (promise: Promise<unknown>, why: RegExp) =>
      expect(promise).rejects.toMatchObject({
        code: 'SVP_E_CHECKPOINT',
        message: expect.stringMatching(why),
      });
    await refused(kCenterGreedy(changed, { budget: 200, start: 7, checkpoint: { path } }), /other features/);
    await refused(resume(path, { start: 8 }), /other options/);
    await refused(resume(path, { metric: 'cosine' }), /other options/);
    await refused(resume(path, { start: undefined, initial: Uint32Array.of(3) }), /other options/);
    const fewer = { data: small.data.subarray(0, 100 * 10), rows: 100, columns: 10 };
    await refused(kCenterGreedy(fewer, { budget: 50, start: 7, checkpoint: { path } }), /400 rows, not 100/);
    const narrow = { data: small.data, rows: 800, columns: 5 };
    await refused(kCenterGreedy(narrow, { budget: 50, start: 7, checkpoint: { path } }), /10 columns, not 5/);
  });
});

test('R5: a write that fails half-way (a full disk, a quota) keeps the generations before, without litter', async () => {
  const features = join(folder, 'quota.npy');
  const matrix = normal(3_000, 8, 4);
  await writeNpy(features, matrix.data, [matrix.rows, matrix.columns]);
  const place = join(folder, 'quota');
  mkdirSync(place);
  const path = join(place, 'c.svp');
  await kCenterGreedy(features, { budget: 500, start: 0, checkpoint: { path } });
  const before = readFileSync(path);
  // The limit of a file's size makes the system refuse a write in the middle of the checkpoint.
  const script = `ulimit -f ${Math.floor(before.length / 2048)}; exec "$0" "$@"`;
  const arguments_ = [
    join(__dirname, 'k-center-select.cjs'),
    features,
    '2000',
    path,
    join(place, 'out.json'),
  ];
  const child = spawn('bash', ['-c', script, process.execPath, ...arguments_], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^SVP_E_WRITE: .*c\.svp.*\n$/) });
  expect(readdirSync(place)).toEqual(['c.svp']);
  expect(readFileSync(path).equals(before)).toBe(true);
  const { stats } = await kCenterGreedy(features, { budget: 2000, start: 0, checkpoint: { path } });
  expect(stats.resumedPicks).toBe(500);
}, 60_000);

test('R5: a checkpoint that cannot be written is a typed error without litter', async () => {
  const missing = join(folder, 'nowhere', 'c.svp');
  await expect(leave(missing)).rejects.toMatchObject({
    code: 'SVP_E_WRITE',
    message: expect.stringMatching(/nowhere/),
  });
  const taken = join(folder, 'taken');
  mkdirSync(taken);
  await expect(leave(taken)).rejects.toMatchObject({
    code: expect.stringMatching(/SVP_E_(WRITE|CHECKPOINT)/),
  });
  if (process.getuid?.() !== 0) {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    await expect(leave(join(locked, 'c.svp'))).rejects.toMatchObject({ code: 'SVP_E_WRITE' });
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp') && !name.includes('features'))).toEqual(
    [],
  );
});
