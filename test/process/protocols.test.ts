import { promises as fs } from 'node:fs';
import { describeWithTensorFlow } from '../reference/with-tensorflow';
import { loadFashionLabels } from './fashion-labels';
import { finished, runSvp, startSvp } from './run-svp';
import { filesBelow, litter, temporaryFolder } from './training-folder';

const folder = temporaryFolder();
const network = ['-a', 'preact8', '--width', '4', '-e', '1', '-b', '16', '--no-augmentation'];
const small = ['--pool', '60', '--test', '20', ...network];

describe('before anything is trained', () => {
  test('svp active --dry-run says what would be done, and writes nothing', async () => {
    const run = folder.path('never');
    const { code, stdout } = await runSvp(['active', ...small, '--dry-run', '--json', '--run-dir', run]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      method: 'least-confidence',
      pool: 60,
      test: 20,
      initialSubset: 1,
      rounds: [4, 6, 6, 6, 6],
      evalTargetAt: [29],
    });
    await expect(fs.access(run)).rejects.toThrow();
    const plain = await runSvp(['active', ...small, '--dry-run']);
    expect(plain.stdout).toMatch(
      /1 are labelled at first and 29 in the end, by least-confidence[\s\S]*Nothing was written/,
    );
  });

  test('svp coreset --dry-run', async () => {
    const { code, stdout } = await runSvp([
      'coreset',
      ...small,
      '--subset',
      '30%',
      '--subset',
      '10',
      '--dry-run',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ method: 'forgetting-events', subset: [10, 18] });
  });

  test('svp sweep --dry-run lists the runs of the small results', async () => {
    const file = 'docs/results/fashion-mnist-small.yaml';
    const { code, stdout } = await runSvp(['sweep', file, '--dry-run', '--json']);
    expect(code).toBe(0);
    const { runs, estimatedSeconds } = JSON.parse(stdout);
    expect(runs).toContain('active/k-centers/preact8/seed-1');
    expect(estimatedSeconds).toBeGreaterThan(60);
    expect((await runSvp(['sweep', 'docs/results/fashion-mnist.yaml', '--dry-run'])).stdout).toMatch(
      /the target is its own proxy/,
    );
  });

  test.each([
    [['active', '--selection-method', 'forgetting_events'], 2, /SVP_E_OPTION.*core-sets/],
    [['active', '--round', '99%'], 2, /SVP_E_BUDGET/],
    [['active', '--round', 'many'], 2, /percentage/],
    [['active', '--rounds', '3'], 2, /--round/],
    [['active', '--initial-subset', '60001'], 2, /SVP_E_BUDGET.*60001.*60000/],
    [['active', '--eval-target-at', '7'], 2, /1200, 6000/],
    [['active', '--proxy-arch', 'preact9'], 2, /preact8/],
    [['active', '--resume'], 2, /--run-dir/],
    [['coreset', '--subset', '70000'], 2, /SVP_E_BUDGET.*70000/],
    [['coreset', '--method', 'kcentre'], 2, /k-centers/],
    [['coreset', '--precomputed-selection', '/nowhere/run'], 3, /SVP_E_FILE.*nowhere/],
    [['sweep', '/nowhere/a.yaml'], 3, /SVP_E_FILE.*a\.yaml/],
    [['sweep', 'package.json'], 2, /SVP_E_OPTION/],
  ])('%p is refused', async (args, exitCode, message) => {
    const { code, stderr } = await runSvp(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });
});

describeWithTensorFlow('the commands', () => {
  test('svp active --ask stops for labels with 75, and goes on with those that are filled in', async () => {
    const run = folder.path('asked');
    const list = folder.path('to-label.csv');
    const args = [
      'active',
      ...small,
      '--initial-subset',
      '20',
      '-r',
      '10',
      '--run-dir',
      run,
      '--ask',
      list,
      '--quiet',
    ];
    const labels = await loadFashionLabels();
    const asked: number[] = [];
    const fill = async (lines = Number.POSITIVE_INFINITY) => {
      const [heading, ...rows] = (await fs.readFile(list, 'utf8')).trim().split('\n');
      expect(heading).toBe('row,label');
      const filled = rows.map((line, i) => {
        const row = Number(line.split(',')[0]);
        if (i < lines) asked.push(row);
        return i < lines ? `${row},${labels[row]}` : line;
      });
      await fs.writeFile(list, `${[heading, ...filled].join('\n')}\n`);
      return rows.length;
    };
    const first = await runSvp(args);
    expect(first.code).toBe(75);
    expect(first.stderr).toMatch(/SVP_E_LABELS: 20 of 20 examples await their labels in .*to-label\.csv/);
    expect(await fill(15)).toBe(20);
    const still = await runSvp([...args, '--resume']);
    expect(still.code).toBe(75);
    expect(still.stderr).toMatch(/5 of 20/);
    asked.length = 0;
    await fill();
    const second = await runSvp([...args, '--resume']);
    expect(second.code).toBe(75);
    expect(await fill()).toBe(10);
    expect(new Set(asked).size).toBe(30);
    const last = await runSvp([...args, '--resume', '--json']);
    expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(last.stdout);
    expect(result).toMatchObject({ runDirectory: run, labelled: 30, oracle: true });
    expect(result.targets[0].testAccuracy).toBeGreaterThanOrEqual(0);
    await fs.writeFile(list, 'row,label\n3,Shoe\n');
    const other = ['active', ...small, '--run-dir', folder.path('other'), '--ask', list];
    expect((await runSvp(other)).stderr).toMatch(/SVP_E_EXISTS/);
    expect((await runSvp([...other, '--resume'])).stderr).toMatch(/SVP_E_FORMAT.*line 2.*Shoe/);
  });

  test('a sweep that Ctrl-C stops exits with 75 and goes on by the same command', async () => {
    const file = folder.path('tiny.yaml');
    await fs.writeFile(
      file,
      'pool: 60\ntest: 20\nnetworks:\n  t: { arch: preact8, width: 4, epochs: 1, batch-size: 16, augment: false }\n  s: { like: t, width: 2 }\n' +
        'active: { target: t, proxies: [t, s], methods: [random, margin], initial-subset: 10, rounds: [10] }\n' +
        'core-set: { target: t, proxies: [s], methods: [k-centers], subsets: [50%], full-target: true }\n',
    );
    const run = folder.path('sweep');
    const child = startSvp(['sweep', file, '--run-dir', run]);
    const ended = finished(child);
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('seed-0: ')) resolve();
      });
    });
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code).toBe(75);
    expect(stopped.stderr).toContain('same command');
    const again = await runSvp(['sweep', file, '--run-dir', run, '--json', '--quiet']);
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
    const { runs } = JSON.parse(again.stdout);
    expect(runs.map((r: { state: string }) => r.state)).toEqual(['done', 'done', 'done', 'done']);
    expect((await fs.readFile(`${run}/sweep.csv`, 'utf8')).trim().split('\n')).toHaveLength(1 + 3 + 2);
    expect(litter(await filesBelow(run))).toEqual([]);
    const replay = await runSvp([
      ...['active', ...network, '--precomputed-selection', `${run}/active/margin/s/seed-0`],
      ...['--run-dir', folder.path('replay'), '--json', '--quiet'],
    ]);
    expect(JSON.parse(replay.stdout)).toMatchObject({ method: 'margin', labelled: 20 });
  });
});
