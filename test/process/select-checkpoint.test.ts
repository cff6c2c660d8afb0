/** `svp select --checkpoint`: stop, go on, extend; never start over or mix by accident. */
import { existsSync, promises as fs, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { finished, runSvp, startSvp } from './run-svp';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svp-checkpoint-'));
  const random = new Random(11);
  const data = Float32Array.from({ length: 3_000 * 8 }, () => random.normal());
  await writeNpy(join(folder, 'features.npy'), data, [3_000, 8]);
});
afterAll(() => fs.rm(folder, { recursive: true }));

function select(budget: string, ...args: string[]) {
  const common = ['select', 'features.npy', '--method', 'k-centers', '--start', '0', '--json', '--quiet'];
  return runSvp([...common, '--budget', budget, ...args], { cwd: folder });
}

test('a finished selection is extended by --resume, as if picked at once; --force starts anew', async () => {
  const once = JSON.parse((await select('500')).stdout);
  const first = await select('200', '--checkpoint', 'c.svp');
  expect(first.code).toBe(0);
  expect(existsSync(join(folder, 'c.svp'))).toBe(true);

  const refused = await select('500', '--checkpoint', 'c.svp');
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/SVP_E_EXISTS.*c\.svp/),
  });

  const more = JSON.parse((await select('500', '--checkpoint', 'c.svp', '--resume')).stdout);
  expect(more.stats.resumedPicks).toBe(200);
  expect(more.indices).toEqual(once.indices);
  expect(more.radii).toEqual(once.radii);

  const anew = JSON.parse((await select('500', '--checkpoint', 'c.svp', '--force')).stdout);
  expect(anew.stats.resumedPicks).toBe(0);
  expect(anew.indices).toEqual(once.indices);
});

test('--resume without a checkpoint starts from the beginning', async () => {
  const { code, stdout } = await select('50', '--checkpoint', 'new.svp', '--resume');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).stats.resumedPicks).toBe(0);
});

test('other options, and a damaged file, are told and change nothing', async () => {
  expect((await select('100', '--checkpoint', 'd.svp')).code).toBe(0);
  const other = await select('100', '--checkpoint', 'd.svp', '--resume', '--metric', 'cosine');
  expect(other).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^svp: error SVP_E_CHECKPOINT: /),
  });
  const bytes = readFileSync(join(folder, 'd.svp'));
  await fs.rm(join(folder, 'd.svp.previous'), { force: true });
  await fs.writeFile(join(folder, 'd.svp'), bytes.subarray(0, bytes.length / 2));
  const torn = await select('100', '--checkpoint', 'd.svp', '--resume');
  expect(torn).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^svp: error SVP_E_CHECKPOINT: /),
  });
});

test('stopped with a checkpoint at hand, it exits with 75 and says how to go on', async () => {
  const rows = 60_000;
  const random = new Random(5);
  const table = Float32Array.from({ length: 4_099 }, () => random.normal());
  const data = Float32Array.from({ length: rows * 128 }, (_, i) => table[(i * 31) % 4_099] + (i % 977));
  await writeNpy(join(folder, 'large.npy'), data, [rows, 128]);
  const args = ['select', 'large.npy', '--method', 'k-centers', '--start', '0', '--checkpoint', 'l.svp'];
  expect((await runSvp([...args, '--budget', '20', '--quiet'], { cwd: folder })).code).toBe(0);
  const child = startSvp(
    [...args, '--budget', '90%', '--resume', '--out', 'l.index', '--progress', 'plain'],
    {
      cwd: folder,
    },
  );
  child.stderr?.once('data', () => child.kill('SIGTERM'));
  const { code, stderr } = await finished(child);
  expect(code).toBe(75);
  expect(stderr).toMatch(/svp: stopped by SIGTERM\. .* --resume goes on from l\.svp\.\n$/);
  expect(existsSync(join(folder, 'l.index'))).toBe(false);
});
