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
import type { ScorePoolOptions } from '../../../src/experiments/score-options';
import { scorePool } from '../../../src/experiments/score-pool';
import { N, withBroken } from '../../reference/broken-pool';
import { classifier } from '../../reference/onnx-model';

const folder = mkdtempSync(join(tmpdir(), 'svp-score-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, 'model.onnx');
beforeAll(() => writeFileSync(model, classifier({ shape: [6] })));
let outs = 0;
const fresh = () => join(folder, `out${outs++}`);
const score = (options: Partial<ScorePoolOptions>) =>
  scorePool({ model, pool: withBroken([3, 40]), outputs: ['entropy'], batchSize: 8, threads: 1, ...options });

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

  test('what a killed process had half written goes, and nothing else does', async () => {
    const out = await interrupted();
    const mark = 'a1b2c3d4e5f6';
    const left = ['.score-progress', 'score.json', 'logits.npy'].map((name) => `.${name}.${mark}.tmp`);
    const others = ['.mine.tmp', `.notes.txt.${mark}.tmp`];
    for (const name of [...left, ...others]) writeFileSync(join(out, name), 'half');
    const again = { ...options, pool: withBroken([3, 40]), out, resume: true };
    await score(again);
    const present = readdirSync(out);
    expect(present).toEqual(expect.arrayContaining(others));
    expect(present.filter((name) => left.includes(name) || name.endsWith('.partial'))).toEqual([]);
    // A pass that had finished, but was killed before it tidied up.
    for (const name of [...left, '.features.npy.partial']) writeFileSync(join(out, name), 'half');
    await score(again);
    expect(readdirSync(out).sort()).toEqual(present.sort());
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
    const rows = 20_000;
    const data = Float32Array.from({ length: rows * 256 }, (_, i) => Math.sin(i));
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
        pool: { data, rows, columns: 256 },
        out,
        signal: abort.signal,
        batchSize: 64,
      });
      const outcome = await run.catch((error) => error);
      if (firedAt === 0) continue;
      waits.push(performance.now() - firedAt);
      // A pass that had just done its last batch is done.
      if (outcome.count === rows) continue;
      expect(outcome).toMatchObject({ code: 'SVP_E_ABORT' });
      const left = existsSync(out) ? readdirSync(out) : [];
      expect(left.length === 0 || left.includes('.score-progress')).toBe(true);
    }
    expect(waits.length).toBeGreaterThan(5);
    expect(Math.max(...waits)).toBeLessThan(250);
  });
});
