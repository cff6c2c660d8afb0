/** `svp verify` on what `svp select` wrote: right selections, wrong ones, and files that are neither. */
import { promises as fs, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../../src/data/formats/npy';
import { runSvp } from './run-svp';

let folder: string;
const svp = (...args: string[]) => runSvp(args, { cwd: folder });

async function select(name: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await svp(
    'select',
    'features.npy',
    '--method',
    'k-centers',
    '--json',
    ...args,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  writeFileSync(join(folder, name), stdout);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svp-verify-'));
  const data = Float32Array.from({ length: 500 * 8 }, (_, i) => Math.fround(Math.sin(i * i)));
  await writeNpy(join(folder, 'features.npy'), data, [500, 8]);
  writeFileSync(join(folder, 'initial.txt'), '4\n9\n');
  writeFileSync(join(folder, 'labels.txt'), `${Array.from({ length: 500 }, (_, i) => i % 4).join('\n')}\n`);
});
afterAll(() => fs.rm(folder, { recursive: true }));

describe('a right selection', () => {
  test.each([
    ['plain', []],
    ['initial', ['--initial', 'initial.txt']],
    ['cosine', ['--metric', 'cosine']],
    ['classes', ['--labels', 'labels.txt']],
    ['random', ['--random-initial', '10', '--seed', '3']],
    ['out', ['--out', 'picks.index']],
  ])('%s: the object says how it was made', async (name, args) => {
    await select(`${name}.json`, '--budget', '60', ...args);
    const { code, stdout, stderr } = await svp('verify', 'features.npy', `${name}.json`, '--steps', 'all');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^(\d+) of \1 checked steps are right, of 60 picks, against all 500 rows, radii compared to the bit; .*\n$/,
    );
  });

  test('an index file, without radii', async () => {
    const { code, stdout } = await svp('verify', 'features.npy', 'picks.index');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^20 of 20 checked steps are right, of 60 picks, against all 500 rows; /);
  });

  test('--json', async () => {
    const { code, stdout } = await svp('verify', 'features.npy', 'plain.json', '--json', '--steps', '3');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ verified: true, rows: 500, poolSize: 500, picks: 60 });
    expect(result.steps).toHaveLength(3);
  });

  test('--dry-run checks nothing', async () => {
    const { code, stdout } = await svp('verify', 'features.npy', 'plain.json', '--dry-run');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Would check 20 of 60 picks against rows: as many as a minute allows.\n',
    });
  });
});

describe('a wrong one ends with exit code 3, after the report', () => {
  test('a pick that is not the farthest', async () => {
    const selection = JSON.parse(await fs.readFile(join(folder, 'plain.json'), 'utf8'));
    [selection.indices[10], selection.indices[40]] = [selection.indices[40], selection.indices[10]];
    writeFileSync(join(folder, 'swapped.json'), JSON.stringify(selection));
    const { code, stdout, stderr } = await svp('verify', 'features.npy', 'swapped.json', '--steps', 'all');
    expect(code).toBe(3);
    expect(stdout).toMatch(`pick 10: row ${selection.indices[10]} was picked at distance`);
    expect(stdout).toMatch(/^\d+ of 59 checked steps are right/m);
    expect(stderr).toMatch(
      /^svp: error SVP_E_MISMATCH: swapped\.json is not the greedy k-centers selection of features\.npy: pick 10: /,
    );
  });

  test('with --json the object comes first', async () => {
    const { code, stdout, stderr } = await svp(
      'verify',
      'features.npy',
      'swapped.json',
      '--json',
      '--steps',
      'all',
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout).verified).toBe(false);
    expect(stderr).toMatch('SVP_E_MISMATCH');
  });

  test('another metric than the selection had', async () => {
    const { code } = await svp('verify', 'features.npy', 'plain.json', '--metric', 'cosine');
    expect(code).toBe(3);
  });
});

describe('what is no selection', () => {
  test.each([
    ['missing.json', undefined, 3, 'SVP_E_FILE', /Cannot read the selection missing.json \(ENOENT\)/],
    ['torn.json', '{"method": "k-cen', 3, 'SVP_E_FORMAT', /not JSON/],
    ['other.json', '{"method": "random", "indices": [1]}', 3, 'SVP_E_FORMAT', /only a k-centers selection/],
    ['empty.json', '{"method": "k-centers"}', 3, 'SVP_E_FORMAT', /neither indices nor out/],
    ['outside.json', '{"method": "k-centers", "indices": [1, 500]}', 2, 'SVP_E_INDEX', /row 500 .*500 rows/],
    ['twice.index', '5\n5\n', 2, 'SVP_E_INDEX', /row 5 twice/],
  ])('%s', async (name, text, exit, error, message) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    const { code, stdout, stderr } = await svp('verify', 'features.npy', name);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(`svp: error ${error}: `);
    expect(stderr).toMatch(message);
  });

  test('a count that is none', async () => {
    const { code, stderr } = await svp('verify', 'features.npy', 'plain.json', '--steps', 'some');
    expect(code).toBe(2);
    expect(stderr).toMatch(/at least 1, or all/);
  });
});
