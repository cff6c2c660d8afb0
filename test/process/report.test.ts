import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeSweep } from '../fixtures/sweep/make-sweep';
import { runSvp } from './run-svp';

let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-report-'));
  await writeSweep(path.join(folder, 'sweep'), { pool: 500, seeds: [1, 2] });
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const svp = (...args: string[]) => runSvp(args, { cwd: folder });
const read = (name: string) => fs.readFile(path.join(folder, name), 'utf8');

test('a sweep: tables on stdout, page, CSV and Markdown; correlations that lie beside it', async () => {
  const compared = await svp('correlate', 'sweep', '--out', 'sweep/correlation', '--quiet');
  expect({ code: compared.code, stderr: compared.stderr }).toEqual({ code: 0, stderr: '' });
  const out = await svp('report', 'sweep', '--no-examples', '--csv', 'all.csv', '--markdown', 'results.md');
  expect(out.code).toBe(0);
  expect(out.stdout).toMatch(
    /^Active learning on Fashion-MNIST, target preact20\n\nTop-1 error of the target \(%\)\n/,
  );
  expect(out.stdout).toContain('With 2 seeds the intervals');
  expect(out.stderr).toMatch(/^Report: .*report\.html, all\.csv, results\.md\n$/);
  const page = await read('sweep/report.html');
  expect(page).toContain('How alike models rank');
  expect(page).not.toContain('class="maps"');
  expect((await read('all.csv')).trim().split('\n')).toHaveLength(1 + 5 * 2 * 5 + 4 * 2 * 4);
  expect(await read('results.md')).toContain(
    '**Top-1 error of the target (%).** Mean ± one standard deviation over 2 seeds.',
  );

  const again = await svp('report', 'sweep');
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('SVP_E_EXISTS')]);
});

test('several runs as JSON: random beside a method', async () => {
  const runs = ['random', 'least-confidence/preact8'].map((name) => `sweep/active/${name}/seed-1`);
  const out = await svp('report', ...runs, '--out', 'two.html', '--json');
  expect([out.code, out.stderr]).toEqual([0, '']);
  const { groups, report } = JSON.parse(out.stdout);
  expect(report).toBe('two.html');
  expect(groups[0].series.map((series: { label: string }) => series.label)).toEqual([
    'random',
    'least confidence, preact8, 8 epochs',
  ]);
  expect(groups[0].series[1].points[0].againstRandom.by).toBe('test set');
  expect(await read('two.html')).toContain('There is one seed:');
});

test.each([
  [['report', 'nowhere'], 3, 'SVP_E_FILE'],
  [['report'], 2, 'missing required argument'],
  [['report', 'sweep', '--texts', 'none.txt', '--out', 'x.html'], 3, 'SVP_E_FILE'],
])('svp %j ends with %i: %s', async (args, code, message) => {
  const out = await svp(...args);
  expect(out.code).toBe(code);
  expect(out.stderr).toContain(message);
  await expect(read('x.html')).rejects.toThrow('ENOENT');
});
