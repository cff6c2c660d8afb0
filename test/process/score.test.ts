/** `svp score` and scoring passes as processes: kills, stops, hostile models, memory, the event loop. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  promises as fs,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { classifier } from '../reference/onnx-model';
import { finished, runSvp, startSvp } from './run-svp';

const folder = mkdtempSync(join(tmpdir(), 'svp-score-process-'));
afterAll(() => fs.rm(folder, { recursive: true }));
const N = 4000;
beforeAll(async () => {
  writeFileSync(join(folder, 'images.onnx'), classifier({ shape: [3, 224, 224], features: 8 }));
  writeFileSync(join(folder, 'm.onnx'), classifier({ shape: [128], features: 128, layers: 20 }));
  const data = Float32Array.from({ length: N * 128 }, (_, i) => Math.sin(i * 0.7));
  await writeNpy(join(folder, 'pool.npy'), data, [N, 128]);
});
const score = (...args: string[]) => runSvp(['score', 'm.onnx', 'pool.npy', ...args], { cwd: folder });

/** A program against the built package, in a process of its own; resolves to what it printed as JSON. */
async function program(
  code: string,
  ...args: string[]
): Promise<{ code: number | null; signal: string | null; value: unknown; stderr: string }> {
  const child = spawn(process.execPath, ['-e', code, ...args], {
    cwd: join(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code: exit, signal, stdout, stderr } = await finished(child);
  return { code: exit, signal, value: stdout === '' ? undefined : JSON.parse(stdout), stderr };
}

test('R3: killed at random moments and resumed, a pass leaves the bytes of an unbroken one', async () => {
  const args = [
    '--outputs',
    'logits,features,margin,top-k',
    '--top-k',
    '50',
    '--batch-size',
    '4',
    '--threads',
    '1',
  ];
  expect((await score(...args, '--out', 'whole')).code).toBe(0);
  const out = join(folder, 'killed');
  const random = new Random(Date.now() & 0xffff);
  let kills = 0;
  let resumed = 0;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const record = join(out, '.score-progress');
  const written = () => (existsSync(record) ? statSync(record).mtimeMs : 0);
  for (let attempt = 0; !existsSync(join(out, 'score.json')) && attempt < 60; attempt++) {
    const before = written();
    // Progress on every batch would hide a record that is written too early: the record is what is waited for.
    const child = startSvp(
      ['score', 'm.onnx', 'pool.npy', ...args, '--out', 'killed', '--resume', '--json'],
      {
        cwd: folder,
        env: { ...process.env, SVP_SCORE_FLUSH_MS: '20' },
      },
    );
    let ended = false;
    const end = finished(child).then((result) => {
      ended = true;
      return result;
    });
    if (attempt < 8) {
      while (attempt % 2 === 1 && !ended && written() === before) await pause(1);
      await pause(attempt % 2 === 1 ? random.below(30) : random.below(400));
      child.kill('SIGKILL');
    }
    const { signal, stdout, stderr } = await end;
    if (signal === 'SIGKILL') kills++;
    else {
      expect(stderr).not.toContain('error');
      resumed = JSON.parse(stdout).resumed;
    }
  }
  expect(kills).toBeGreaterThan(3);
  expect(resumed).toBeGreaterThan(0);
  expect(readdirSync(out).sort()).toEqual(readdirSync(join(folder, 'whole')).sort());
  for (const name of readdirSync(out)) {
    expect({
      name,
      same: readFileSync(join(out, name)).equals(readFileSync(join(folder, 'whole', name))),
    }).toEqual({
      name,
      same: true,
    });
  }
}, 180_000);

test('stopped by a signal it exits with 75 and says how to go on', async () => {
  const args = ['score', 'm.onnx', 'pool.npy', '--outputs', 'entropy', '--batch-size', '2', '--threads', '1'];
  const child = startSvp([...args, '--out', 'stopped', '--progress', 'plain'], {
    cwd: folder,
    env: { ...process.env, SVP_SCORE_FLUSH_MS: '20' },
  });
  const ended = finished(child);
  const record = join(folder, 'stopped', '.score-progress');
  while (!existsSync(record) && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGTERM');
  const { code, stderr } = await ended;
  expect(code).toBe(75);
  expect(stderr).toMatch(/svp: stopped by SIGTERM\. .* --resume goes on from it\.\n$/);
  const { code: after } = await runSvp([...args, '--out', 'stopped', '--resume'], { cwd: folder });
  expect(after).toBe(0);
});

test('its outputs are what svp select takes; the top-k of a measure is that selection', async () => {
  const { code, stdout } = await score(
    '--outputs',
    'logits,features,entropy,top-k',
    '--top-k',
    '20',
    '--out',
    'taken',
    '--json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    count: N,
    provider: 'cpu',
    files: { entropy: 'taken/entropy.npy' },
  });
  const picked = await runSvp(
    ['select', '--logits', 'taken/logits.npy', '--method', 'entropy', '--budget', '20'],
    { cwd: folder },
  );
  expect(picked.stdout).toBe(readFileSync(join(folder, 'taken/top-k.index'), 'utf8'));
  const centers = await runSvp(
    ['select', 'taken/features.npy', '--method', 'k-centers', '--budget', '5', '--start', '0'],
    { cwd: folder },
  );
  expect(centers.stdout.trim().split('\n')).toHaveLength(5);
});

test.each([
  ['no outputs', ['--out', 'x'], 2, /--outputs is missing/],
  ['no folder', ['--outputs', 'entropy'], 2, /--out is missing/],
  ['an unknown output', ['--outputs', 'entropie', '--out', 'x'], 2, /"entropie" is none of/],
  ['top-k without a number', ['--outputs', 'top-k', '--out', 'x'], 2, /--top-k M/],
  [
    'a configuration that is not there',
    ['--outputs', 'entropy', '--out', 'x', '--input-config', 'no.json'],
    3,
    /no\.json \(ENOENT\)/,
  ],
])('refuses %s', async (_, args, code, text) => {
  const result = await score(...args);
  expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(text) });
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

test('--dry-run says sizes and time, and writes nothing', async () => {
  const { code, stdout } = await score(
    '--outputs',
    'logits,top-k',
    '--top-k',
    '3',
    '--out',
    'dry',
    '--dry-run',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /4,000 items of 128 float32[\s\S]*logits 4,000 × 5 \(78\.1 KiB\)[\s\S]*time {7}about/,
  );
  expect(existsSync(join(folder, 'dry'))).toBe(false);
});

const SCORE = `
const { scorePool, writeNpy } = require('./dist');
const [model, pool] = process.argv.slice(1);`;

test('R6: 60 damaged models are used or refused, and this process lives', async () => {
  const bytes = classifier({ shape: [4] });
  const random = new Random(7);
  for (let i = 0; i < 60; i++) {
    const damaged = Uint8Array.from(bytes);
    for (let k = 0; k <= i % 3; k++) damaged[random.below(bytes.length)] = random.below(256);
    writeFileSync(join(folder, `damaged-${i}.onnx`), damaged);
  }
  const { value, code } = await program(
    `${SCORE}
    (async () => {
      const codes = {};
      for (let i = 0; i < 60; i++) {
        const data = new Float32Array(8);
        const code = await scorePool({ model: model.replace('#', i), pool: { data, rows: 2, columns: 4 }, outputs: ['entropy'], threads: 1 })
          .then(() => 'used', (error) => error.code ?? String(error));
        codes[code] = (codes[code] ?? 0) + 1;
      }
      console.log(JSON.stringify(codes));
    })();`,
    join(folder, 'damaged-#.onnx'),
  );
  expect(code).toBe(0);
  const kinds = Object.keys(value as object);
  expect(kinds.filter((kind) => kind !== 'used' && !kind.startsWith('SVP_E_'))).toEqual([]);
  expect(kinds).not.toContain('SVP_E_INTERNAL');
}, 180_000);

test('R11: process.exit in the middle of a pass, and workers that end in the middle of one, leave nothing running', async () => {
  const exit = await program(
    `${SCORE}
    scorePool({ model, pool, outputs: ['entropy'], batchSize: 64, onProgress: () => process.exit(7) });`,
    join(folder, 'm.onnx'),
    join(folder, 'pool.npy'),
  );
  expect(exit).toMatchObject({ code: 7, signal: null, stderr: '' });
  const workers = await program(
    `const { Worker } = require('node:worker_threads');
    const [model, pool] = process.argv.slice(1);
    const code = "const { workerData, parentPort } = require('node:worker_threads');" +
      "const { scorePool } = require('./dist');" +
      "scorePool({ ...workerData, outputs: ['entropy'], threads: 1, batchSize: 32, onProgress: ({ done }) => parentPort.postMessage(done) })" +
      ".then(({ entropy }) => parentPort.postMessage({ entropy: Array.from(entropy.subarray(0, 5)) }));";
    const answers = [];
    let open = 4;
    for (let i = 0; i < 4; i++) {
      const worker = new Worker(code, { eval: true, workerData: { model, pool } });
      worker.on('message', (message) => {
        if (typeof message === 'object') answers.push(message.entropy);
        else if (i % 2 === 0) worker.terminate();
      });
      worker.on('exit', () => { if (--open === 0) console.log(JSON.stringify(answers)); });
    }`,
    join(folder, 'm.onnx'),
    join(folder, 'pool.npy'),
  );
  expect(workers).toMatchObject({ code: 0, signal: null, stderr: '' });
  const [first, second] = workers.value as number[][];
  expect(first).toHaveLength(5);
  expect(second).toEqual(first);
}, 120_000);

test('R13: the event loop turns while a model runs: 99 % of turns within 20 ms', async () => {
  const { value } = await program(
    `${SCORE}
    const { monitorEventLoopDelay } = require('node:perf_hooks');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const abort = new AbortController();
    // Images as bytes, so that they are prepared here, of 20 MB a batch as floats.
    const [count, side, size] = [100_000, 224, 32];
    const images = new Uint8Array(size * side * side * 3).map((_, i) => i % 251);
    const endless = {
      name: 'endless', count, itemShape: [side, side, 3], dtype: 'uint8',
      fingerprint: async () => '', close: async () => {},
      async *batches() {
        for (let first = 0; first < count; first += size) yield { first, size, values: images, broken: [] };
      },
    };
    let batches = 0;
    scorePool({
      model, pool: endless, outputs: ['entropy', 'features', 'logits'], batchSize: size, signal: abort.signal,
      onProgress: () => {
        if (batches++ > 2) return;
        delay.enable();
        if (batches === 1) setTimeout(() => abort.abort(), 8000);
      },
    }).catch(({ code }) => {
      delay.disable();
      console.log(JSON.stringify({ code, batches, milliseconds: delay.percentile(99) / 1e6 - 1 }));
    });`,
    join(folder, 'images.onnx'),
  );
  const { code, batches, milliseconds } = value as Record<string, number | string>;
  expect({ code, several: Number(batches) > 5 }).toEqual({ code: 'SVP_E_ABORT', several: true });
  expect(milliseconds).toBeLessThan(20);
}, 120_000);

test('R14: fifty sessions leave memory and file descriptors as they were', async () => {
  writeFileSync(join(folder, 'tiny.onnx'), classifier({ shape: [128] }));
  const { value } = await program(
    `${SCORE}
    const { readdirSync } = require('node:fs');
    const state = () => { gc(); return { rss: process.memoryUsage().rss / 2 ** 20, open: readdirSync('/proc/self/fd').length }; };
    const gc = () => globalThis.gc?.();
    (async () => {
      const run = () => scorePool({ model, pool, outputs: ['entropy', 'features'], threads: 1 });
      for (let i = 0; i < 10; i++) await run();
      const before = state();
      for (let i = 0; i < 50; i++) await run();
      console.log(JSON.stringify({ before, after: state() }));
    })();`,
    join(folder, 'tiny.onnx'),
    join(folder, 'pool.npy'),
  );
  const { before, after } = value as Record<'before' | 'after', { rss: number; open: number }>;
  expect(after.open).toBeLessThanOrEqual(before.open + 2);
  expect(after.rss).toBeLessThan(before.rss + 60);
}, 180_000);
