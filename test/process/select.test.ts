/** `svp select` as its users run it: what goes in, and what comes out on stdout, stderr and in files. */
import { existsSync, promises as fs, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { Random } from '../../src/core/random';
import { readNpy, writeNpy } from '../../src/data/formats/npy';
import { runSvp } from './run-svp';

let folder: string;
const ROWS = 200;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svp-select-'));
  const random = new Random(3);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  await writeNpy(join(folder, 'features.npy'), normals(ROWS * 8), [ROWS, 8]);
  await writeNpy(join(folder, 'logits.npy'), normals(ROWS * 4), [ROWS, 4]);
  await writeNpy(
    join(folder, 'counts.npy'),
    Int32Array.from({ length: ROWS }, (_, i) => i % 7),
    [ROWS],
  );
});
afterAll(() => fs.rm(folder, { recursive: true }));

/** Runs `svp select` in the folder; a failure shows what it said. */
async function select(...args: string[]) {
  const result = await runSvp(['select', ...args], { cwd: folder });
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
  return result;
}

const kCenters = ['features.npy', '--method', 'k-centers', '--budget', '10%', '--start', '0'];

describe('outputs', () => {
  test('indices go to stdout, one a line, and nothing else', async () => {
    const { stdout, stderr } = await select(...kCenters);
    expect(stdout).toMatch(/^0\n(\d+\n){19}$/);
    expect(stderr).toBe('');
  });

  test('--out takes the same to a file, and stdout stays empty', async () => {
    const { stdout: expected } = await select(...kCenters);
    const { stdout, stderr } = await select(...kCenters, '--out', 'a.index');
    expect(readFileSync(join(folder, 'a.index'), 'utf8')).toBe(expected);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^k-centers: picked 20 of 200 rows in .* → a\.index\n$/);
    expect((await select(...kCenters, '--out', 'a2.index', '--quiet')).stderr).toBe('');
  });

  test('--json is one object, with null for the first radius', async () => {
    const answer = JSON.parse((await select(...kCenters, '--json')).stdout);
    expect(answer).toMatchObject({
      method: 'k-centers',
      budget: 20,
      poolSize: 200,
      initial: 0,
      seed: 0,
      picked: 20,
    });
    expect(answer.indices).toHaveLength(20);
    expect(answer.radii).toHaveLength(20);
    expect(answer.radii[0]).toBeNull();
    expect(answer.seconds.total).toBeGreaterThan(0);
    const filed = JSON.parse((await select(...kCenters, '--json', '--out', 'b.index')).stdout);
    expect(filed).toMatchObject({ out: 'b.index', radii: answer.radii });
    expect(filed.indices).toBeUndefined();
    expect(existsSync(join(folder, 'b.index'))).toBe(true);
  });

  test("--assignments writes the position of each row's nearest pick, as text or .npy", async () => {
    const { stdout } = await select(...kCenters, '--assignments', 'a.txt');
    await select(...kCenters, '--assignments', 'a.npy');
    const text = readFileSync(join(folder, 'a.txt'), 'utf8').trim().split('\n').map(Number);
    expect(text).toHaveLength(ROWS);
    stdout
      .trim()
      .split('\n')
      .forEach((row, position) => {
        expect(text[Number(row)]).toBe(position);
      });
    expect(Array.from((await readNpy(join(folder, 'a.npy'))).data as Uint32Array)).toEqual(text);
  });
});

describe('methods', () => {
  test.each([
    [['--logits', 'logits.npy', '--method', 'least_confidence']],
    [['--logits', 'logits.npy', '--method', 'margin']],
    [['--logits', 'logits.npy', '--method', 'max-entropy']],
    [['--forgetting', 'counts.npy', '--method', 'forgetting_events']],
    [['--method', 'random', '--pool-size', '200']],
    [['features.npy', '--method', 'kcenters']],
  ])('%j: a larger budget extends a smaller one, and an initial pool is never picked', async (args) => {
    const ten = (await select(...args, '--budget', '10')).stdout;
    const fifty = (await select(...args, '--budget', '25%')).stdout;
    expect(fifty.startsWith(ten)).toBe(true);
    writeFileSync(join(folder, 'initial.index'), ten);
    const rest = (await select(...args, '--budget', '40', '--initial', 'initial.index')).stdout;
    expect(fifty).toBe(ten + rest);
  });

  test('the seed decides random choices, and 0 is its default', async () => {
    const args = ['--method', 'random', '--pool-size', '1000', '--budget', '20'];
    const [none, zero, one] = await Promise.all([
      select(...args),
      select(...args, '--seed', '0'),
      select(...args, '--seed', '1'),
    ]);
    expect(none.stdout).toBe(zero.stdout);
    expect(one.stdout).not.toBe(zero.stdout);
  });

  test('a budget of 0 gives nothing, and succeeds', async () => {
    expect((await select('features.npy', '--method', 'k-centers', '--budget', '0')).stdout).toBe('');
    expect((await select('--method', 'random', '--pool-size', '0', '--budget', '0')).stdout).toBe('');
  });

  test('--radius stops early', async () => {
    const all = JSON.parse(
      (await select('features.npy', '--method', 'k-centers', '--budget', '200', '--start', '0', '--json'))
        .stdout,
    );
    const radius = all.radii[50];
    const { picked, indices } = JSON.parse(
      (
        await select(
          'features.npy',
          '--method',
          'k-centers',
          '--budget',
          '200',
          '--start',
          '0',
          '--radius',
          String(radius),
          '--json',
        )
      ).stdout,
    );
    expect(picked).toBe(50);
    expect(indices).toEqual(all.indices.slice(0, 50));
  });

  test('--labels selects within classes', async () => {
    writeFileSync(join(folder, 'labels.txt'), Array.from({ length: ROWS }, (_, i) => `${i % 2}\n`).join(''));
    const { stdout } = await select(
      'features.npy',
      '--method',
      'k-centers',
      '--budget',
      '20',
      '--labels',
      'labels.txt',
    );
    const odd = stdout
      .trim()
      .split('\n')
      .filter((row) => Number(row) % 2).length;
    expect(odd).toBe(10);
  });
});

describe('inputs', () => {
  test('a .npz by its only member, or by name; float64 is rounded with a note', async () => {
    const plain = await fs.readFile(join(folder, 'features.npy'));
    await writeNpy(
      join(folder, 'wide.npy'),
      Float64Array.from((await readNpy(join(folder, 'features.npy'))).data as Float32Array),
      [ROWS, 8],
    );
    writeFileSync(join(folder, 'one.npz'), zipSync({ 'features.npy': plain }));
    writeFileSync(
      join(folder, 'two.npz'),
      zipSync({ 'features.npy': plain, 'wide.npy': await fs.readFile(join(folder, 'wide.npy')) }),
    );
    const [, ...rest] = kCenters;
    const expected = (await select(...kCenters)).stdout;
    expect((await select('one.npz', ...rest)).stdout).toBe(expected);
    expect((await select('two.npz:features', ...rest)).stdout).toBe(expected);
    const wide = await select('two.npz:wide', ...rest);
    expect(wide.stdout).toBe(expected);
    expect(wide.stderr).toMatch(/^Note: .*rounded from float64 to float32/);
    const unnamed = await runSvp(['select', 'two.npz', ...rest], { cwd: folder });
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringMatching(/features, wide/) });
  });

  test('--config gives options, and the command line wins', async () => {
    writeFileSync(
      join(folder, 'c.json'),
      '{"method": "k-centers", "budget": "10%", "start": 0, "json": false}',
    );
    const expected = (await select(...kCenters)).stdout;
    expect((await select('features.npy', '--config', 'c.json')).stdout).toBe(expected);
    expect(
      (await select('features.npy', '--config', 'c.json', '--budget', '3')).stdout.split('\n'),
    ).toHaveLength(4);
  });
});

describe('--dry-run', () => {
  test('says shapes, memory and time, and touches nothing', async () => {
    const before = readdirSync(folder).sort();
    const { stdout } = await select(...kCenters, '--out', 'never.index', '--dry-run');
    expect(stdout).toMatch(/200 × 8 float32, features\.npy/);
    expect(stdout).toMatch(/20 of 200 rows by k-centers/);
    expect(stdout).toMatch(/memory .*free/);
    expect(stdout).toMatch(/time +about/);
    const plan = JSON.parse((await select(...kCenters, '--dry-run', '--json')).stdout);
    expect(plan).toMatchObject({ dryRun: true, shape: [200, 8], dtype: 'float32', budget: 20, fits: true });
    for (const args of [
      ['--logits', 'logits.npy', '--method', 'entropy'],
      ['--forgetting', 'counts.npy', '--method', 'forgetting-events'],
      ['--method', 'random', '--pool-size', '100'],
    ]) {
      expect((await select(...args, '--budget', '5', '--dry-run')).stdout).toMatch(/pick +5 of/);
    }
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('an impossible plan is refused like the run', async () => {
    const { code } = await runSvp(
      ['select', 'features.npy', '--method', 'k-centers', '--budget', '201', '--dry-run'],
      { cwd: folder },
    );
    expect(code).toBe(2);
  });
});
