import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Random } from '../../src/core/random';
import { writeIndexFile } from '../../src/data/formats/index-file';
import { writeNpy } from '../../src/data/formats/npy';
import { plainSpearman } from '../reference/correlation';
import { runSvp } from './run-svp';

let folder: string;
const file = (name: string) => path.join(folder, name);

function noisy(seed: number, noise: number): Float32Array {
  const signal = new Random(7);
  const own = new Random(1000 + seed);
  return Float32Array.from({ length: 300 }, () => signal.normal() + noise * own.normal());
}

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-correlate-'));
  for (const [i, name] of ['a1', 'a2', 'b1', 'b2'].entries()) {
    await fs.mkdir(file(name));
    await writeNpy(file(`${name}/entropy.npy`), noisy(i, i < 2 ? 0.8 : 0.4), [300]);
  }
  await writeNpy(file('epochs.npy'), Float32Array.of(...noisy(5, 2), ...noisy(6, 0.5)), [2, 300]);
  await writeIndexFile(file('picks.index'), Uint32Array.of(5, 3, 250));
});

afterAll(() => fs.rm(folder, { recursive: true, force: true }));

test('prints a matrix of models, and writes JSON, CSV and a page', async () => {
  const operands = ['a#1=a1', 'a#2=a2', 'b#1=b1', 'b#2=b2'];
  const out = await runSvp(['correlate', ...operands, '--budget', '10%', '--budget', '50', '--out', 'out'], {
    cwd: folder,
  });
  expect({ code: out.code, stderr: out.stderr.replace(/^Written:.*\n$/, '') }).toEqual({
    code: 0,
    stderr: '',
  });
  expect(out.stdout).toMatch(/^300 examples, 4 rankings\n/);
  expect(out.stdout).toMatch(/Spearman, entropy\n.*a +b\n─+\na +0\.\d\d +0\.\d\d ± 0\.\d\d\nb/);
  expect(out.stdout).toContain('Means over pairs of runs with different seeds (2 seeds, up to 2 pairs)');

  const saved = JSON.parse(await fs.readFile(file('out/correlation.json'), 'utf8'));
  expect(saved.spearman[0][2]).toBeCloseTo(plainSpearman(noisy(0, 0.8), noisy(2, 0.4)), 10);
  const pairs = (await fs.readFile(file('out/pairs.csv'), 'utf8')).trim().split('\n');
  expect(pairs[0]).toBe(
    'name_a,method_a,model_a,seed_a,epoch_a,name_b,method_b,model_b,seed_b,epoch_b,spearman,pearson',
  );
  expect(pairs).toHaveLength(1 + 6);
  expect(pairs[1]).toMatch(/^a #1,entropy,a,1,,a #2,entropy,a,2,,0\.\d+,0\.\d+$/);
  const page = await fs.readFile(file('out/correlation.html'), 'utf8');
  expect(page).toContain('Heat map of Spearman’s rank correlation by entropy');
  expect(page).toContain('svp correlate a#1=a1 a#2=a2 b#1=b1 b#2=b2 --budget 10% --budget 50');
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);

  const again = await runSvp(['correlate', ...operands, '--out', 'out'], { cwd: folder });
  expect({ code: again.code, stderr: again.stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('SVP_E_EXISTS'),
  });
});

test('takes rows of a matrix as epochs and an index file as an order, and prints JSON', async () => {
  const out = await runSvp(
    ['correlate', 'm#1=epochs.npy', 'picks.index', 'm#2=b1/entropy.npy', '--reference', 'm', '--json'],
    { cwd: folder },
  );
  expect({ code: out.code, stderr: out.stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(out.stdout);
  expect(result.rankings.map((r: { name: string; ranked: number }) => [r.name, r.ranked])).toEqual([
    ['m #1 @2', 300],
    ['picks', 3],
    ['m #2', 300],
  ]);
  expect(result.convergence.map((p: { epoch: number }) => p.epoch)).toEqual([1, 2]);
  // Pearson's correlation with an order is no number: null in JSON.
  expect(result.pearson[0][1]).toBeNull();
});

test.each([
  [['correlate', 'a1/entropy.npy'], 2, 'at least two rankings'],
  [['correlate', 'a1', 'nowhere.npy'], 3, 'SVP_E_FILE'],
  [['correlate', 'a1', 'a2', '--budget', '1'], 2, 'at least 2, or a percentage'],
  [['correlate', 'a1', 'a2', '--budget', '301'], 2, 'SVP_E_BUDGET'],
  [['correlate', 'm#1@2=a1', 'm#1@2=a2'], 2, 'two rankings are called'],
  [['correlate', '.', 'a1'], 3, 'SVP_E_'],
])('svp %j ends with %i: %s', async (args, code, message) => {
  const out = await runSvp(args, { cwd: folder });
  expect(out.code).toBe(code);
  expect(out.stderr).toContain(message);
  expect(out.stdout).toBe('');
});

test('a dry run says what would be compared and writes nothing', async () => {
  const out = await runSvp(['correlate', 'a1', 'b1', '--out', 'dry', '--dry-run'], { cwd: folder });
  expect(out.code).toBe(0);
  expect(out.stdout).toContain('Would compare:\n');
  await expect(fs.stat(file('dry'))).rejects.toThrow('ENOENT');
});
