import { promises as fs } from 'node:fs';
import { readNpyVector } from '../../src/data/formats/npy';
import { forgettingPerEpoch } from '../../src/training/forgetting-per-epoch';
import { asLines, labelledTexts } from '../reference/labelled-texts';
import { runSvp, startSvp } from './run-svp';
import { filesBelow, litter, readTable, temporaryFolder } from './training-folder';

const folder = temporaryFolder();
const data = labelledTexts(3000, 3, 1, 40);
let train: string;
let test_: string;

beforeAll(async () => {
  train = folder.path('train.txt');
  test_ = folder.path('test.csv');
  await fs.writeFile(train, asLines(data));
  const held = labelledTexts(500, 3, 2, 40);
  await fs.writeFile(test_, held.texts.map((text, i) => `"${held.labels[i]}","${text}"\n`).join(''));
});

const command = (...more: string[]) => [
  ...['train', '--arch', 'fasttext', '--train-file', train, '-e', '6', '-l', '0.3', '--buckets', '100000'],
  ...['--threads', '1', ...more],
];

describe('svp train --arch fasttext', () => {
  test('learns, and leaves the run’s files', async () => {
    const run = folder.path('learns');
    const { code, stdout, stderr } = await runSvp(command('--validation', '300', '--run-dir', run, '--json'));
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      arch: 'fasttext',
      runDirectory: run,
      examples: 2700,
      labelNames: ['0', '1', '2'],
    });
    expect(result.trainAccuracy).toBeGreaterThan(0.8);
    expect(result.validationAccuracy).toBeGreaterThan(0.8);
    expect(result.seconds).toBeGreaterThan(0);
    expect(await filesBelow(run)).toEqual(
      [
        ...['config.json', 'train.index', 'dev.index', 'results.csv', 'target.csv', 'result.json'],
        'events.ndjson',
        ...['forgetting.npy', 'model.svp', 'checkpoint_last.svp', 'checkpoint_last.svp.previous'],
      ].sort(),
    );
    expect((await readTable(`${run}/target.csv`))[0]).toMatchObject({ nexamples: 2700 });
    const counts = await readNpyVector(`${run}/forgetting.npy`);
    expect(counts).toHaveLength(3000);
  });

  test('kill -9 and --resume give what an unbroken run gives', async () => {
    const long = (run: string, ...more: string[]) =>
      command('-e', '60', '--run-dir', folder.path(run), '--record-correctness', ...more).filter(
        (_, i, all) => !(all[i] === '-e' && all[i + 1] === '6') && !(all[i] === '6' && all[i - 1] === '-e'),
      );
    expect((await runSvp(long('unbroken', '--quiet'))).code).toBe(0);
    const child = startSvp(long('broken'));
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (/epoch \d+,/.test(text)) resolve();
      });
    });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect((await runSvp(long('broken', '--resume', '--quiet'))).code).toBe(0);
    const files = await filesBelow(folder.path('broken'));
    expect(litter(files)).toEqual([]);
    expect(files).toEqual(await filesBelow(folder.path('unbroken')));
    for (const name of ['model.svp', 'forgetting.npy', 'correctness.npy', 'train.index']) {
      const [a, b] = await Promise.all(
        ['broken', 'unbroken'].map((run) => fs.readFile(folder.path(`${run}/${name}`))),
      );
      expect({ name, same: a.equals(b) }).toEqual({ name, same: true });
    }
    const told = (await fs.readFile(folder.path('broken/events.ndjson'), 'utf8')).trim().split('\n');
    const epochs = told.map((line) => JSON.parse(line)).filter(({ event }) => event === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    const counts = await readNpyVector(folder.path('broken/forgetting.npy'));
    let last: Float64Array | undefined;
    for await (const after of forgettingPerEpoch(folder.path('broken/correctness.npy'))) last = after.counts;
    expect(last).toEqual(counts);
  });

  test('a test file of another format is read by its own name', async () => {
    const run = folder.path('tested');
    const { code, stdout } = await runSvp(command('--test-file', test_, '--run-dir', run, '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout).testAccuracy).toBeGreaterThan(0.8);
  });

  test('--dry-run writes nothing', async () => {
    const { code, stdout } = await runSvp(command('--dry-run', '--json', '--run-dir', folder.path('never')));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, files: [train] });
    await expect(fs.access(folder.path('never'))).rejects.toThrow();
  });

  test.each([
    [['--train-file', '/nowhere/a.txt'], 3, /SVP_E_FILE.*a\.txt/],
    [[], 2, /--train-file/],
    [['--momentum', '0.9', '--train-file', 'x'], 2, /--momentum has no meaning/],
    [['--dim', '0', '--train-file', 'x'], 2, /--dim/],
    [['-e', '1', '-e', '2', '--train-file', 'x'], 2, /once/],
  ])('%p is refused', async (args, exitCode, message) => {
    const { code, stderr } = await runSvp([
      'train',
      '--arch',
      'fasttext',
      '--run-dir',
      folder.path('bad'),
      ...args,
    ]);
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });

  test('options of text are refused for networks', async () => {
    const { code, stderr } = await runSvp(['train', '--dim', '10']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--dim is for --arch fasttext'),
    });
  });
});
