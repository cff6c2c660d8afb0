import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const root = mkdtempSync(join(tmpdir(), 'svp-resized-'));
const photos = join(root, 'photos');
const IMAGES = 120;

beforeAll(async () => {
  for (const name of ['a', 'b']) mkdirSync(join(photos, name), { recursive: true });
  // Noise: copies of some 30 kB.
  for (let i = 0; i < IMAGES; i++) {
    const bytes = Buffer.from(Array.from({ length: 400 * 300 * 3 }, (_, k) => (k * k * (i + 3)) >> 5));
    await sharp(bytes, { raw: { width: 400, height: 300, channels: 3 } })
      .jpeg()
      .toFile(join(photos, i % 2 ? 'a' : 'b', `${i}.jpg`));
  }
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stderr: string;
  progress: number[];
}

/** @param killed `kill -9` at the first progress @param limit of a file's size, in KiB */
function load(cache: string, { killed = false, limit = 0 } = {}): Promise<Ended> {
  const script = `${limit > 0 ? `ulimit -f ${limit}; ` : ''}exec "$0" "$@"`;
  const child = spawn(
    'bash',
    ['-c', script, process.execPath, join(__dirname, 'resized-cache.cjs'), photos, cache],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stderr = '';
  let stdout = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (killed) child.kill('SIGKILL');
  });
  return new Promise((resolve) =>
    child.on('close', (code) =>
      resolve({ code, stderr, progress: stdout.split('\n').filter(Boolean).map(Number) }),
    ),
  );
}

function copies(cache: string): string[] {
  const all = readdirSync(cache, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => statSync(join(cache, name)).isFile()).sort();
}

test('a killed conversion goes on where it was', async () => {
  const cache = join(root, 'killed');
  expect((await load(cache, { killed: true })).code).toBe(null);
  const kept = copies(cache).filter((name) => name.endsWith('.jpg'));
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(IMAGES);
  const written = kept.map((name) => statSync(join(cache, name)).mtimeMs);
  const { code, progress } = await load(cache);
  expect({ code, last: progress.at(-1) }).toEqual({ code: 0, last: IMAGES });
  expect(copies(cache).filter((name) => name.endsWith('.jpg'))).toHaveLength(IMAGES);
  expect(kept.map((name) => statSync(join(cache, name)).mtimeMs)).toEqual(written);
  // All is there: nothing to tell.
  expect(await load(cache)).toEqual({ code: 0, stderr: '', progress: [] });
}, 60_000);

test('a write that fails half-way (a full disk, a quota): SVP_E_WRITE, without litter', async () => {
  const cache = join(root, 'full');
  const { code, stderr } = await load(cache, { limit: 4 });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^SVP_E_WRITE: Cannot write .*\.jpg .*\n$/),
  });
  expect(copies(cache)).toEqual([]);
}, 60_000);
