import { promises as fs } from 'node:fs';
import { formatIndexFile } from '../../src/data/formats/index-file';
import { readNpy, readNpyVector } from '../../src/data/formats/npy';
import { loadCheckpoint } from '../../src/training/checkpoint';
import { forgettingPerEpoch } from '../../src/training/forgetting-per-epoch';
import { shownScalars } from '../reference/event-file';
import { describeWithTensorFlow } from '../reference/with-tensorflow';
import { finished, runSvp, startSvp } from './run-svp';
import { filesBelow, litter, readTable, temporaryFolder } from './training-folder';

const folder = temporaryFolder();
let subset: string;

beforeAll(async () => {
  subset = folder.path('subset.index');
  // Rows are in turns of the ten classes: 1,200 of them hold 120 of each.
  await fs.writeFile(subset, formatIndexFile(Uint32Array.from({ length: 1200 }, (_, i) => i)));
});

const small = (...more: string[]) => [
  'train',
  '--arch',
  'preact8',
  '--width',
  '8',
  '-b',
  '16',
  '--subset',
  subset,
  ...more,
];

describeWithTensorFlow('svp train', () => {
  test('learns far above chance from a small subset, and leaves the run’s files', async () => {
    const run = folder.path('learns');
    // After so few steps the running statistics decide: over seeds and weight decays 0.35 to 0.71.
    const schedule = ['-e', '2', '-l', '0.05', '-e', '1', '-l', '0.01', '--seed', '5'];
    const { code, stdout, stderr } = await runSvp(
      small(...schedule, '--no-augmentation', '--validation', '200', '--run-dir', run, '--json'),
    );
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ runDirectory: run, arch: 'preact8', width: 8, examples: 1000 });
    expect(result.testAccuracy).toBeGreaterThan(0.5);
    expect(result.trainAccuracy).toBeGreaterThan(0.5);
    expect(result.validationAccuracy).toBeGreaterThan(0.4);
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.epochs).toHaveLength(3);
    expect(await filesBelow(run)).toEqual(
      [
        ...['config.json', 'train.index', 'dev.index', 'results.csv', 'target.csv', 'result.json'],
        ...['events.ndjson', 'checkpoint_best_model.svp', 'checkpoint_last.svp'],
      ].sort(),
    );
    const results = await fs.readFile(`${run}/results.csv`, 'utf8');
    expect(results.match(/,train,/g)).toHaveLength(3);
    expect(results.match(/,dev,/g)).toHaveLength(3);
    expect(results.match(/,test,/g)).toHaveLength(3);
    const [line] = await readTable(`${run}/target.csv`);
    expect(line).toMatchObject({ nexamples: 1000, test_accuracy: result.testAccuracy });
    expect(JSON.parse(await fs.readFile(`${run}/config.json`, 'utf8'))).toMatchObject({
      dataset: 'fashion-mnist',
      learningRates: [0.05, 0.01],
      epochs: [2, 1],
    });
  });

  test('Ctrl-C says how to go on, and going on gives what an unbroken run gives', async () => {
    const tiny = (run: string, ...more: string[]) => [
      ...[
        'train',
        '--arch',
        'preact8',
        '--width',
        '4',
        '-b',
        '64',
        '--subset',
        subset,
        '--checkpoint',
        'all',
      ],
      ...['-e', '3', '-l', '0.05', '--run-dir', folder.path(run), '--tensorboard', '--record-correctness'],
      ...['--forgetting', ...more],
    ];
    const unbroken = await runSvp(tiny('unbroken', '--json'));
    expect(unbroken.code).toBe(0);

    const child = startSvp(tiny('broken'));
    const ended = finished(child);
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('epoch 1,')) resolve();
      });
    });
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(75);
    expect(stderr).toContain('--resume');
    const stopped = await filesBelow(folder.path('broken'));
    expect(litter(stopped)).toEqual([]);
    expect(stopped).toContain('checkpoint_1.svp');
    expect(stopped).not.toContain('result.json');

    const resumed = await runSvp(tiny('broken', '--resume', '--json'));
    expect(resumed.code).toBe(0);
    const figures = (text: string) =>
      JSON.parse(text).epochs.map((e: Record<string, number>) => [
        e.epoch,
        e.trainLoss,
        e.trainAccuracy,
        e.testAccuracy,
      ]);
    expect(figures(resumed.stdout)).toEqual(figures(unbroken.stdout));
    // Each session has an event file of its own for TensorBoard.
    const files = async (run: string) =>
      (await filesBelow(folder.path(run))).filter((name) => !name.startsWith('tensorboard/'));
    expect(await files('broken')).toEqual(await files('unbroken'));
    for (const name of ['correctness.npy', 'forgetting.npy']) {
      const [a, b] = await Promise.all(
        ['broken', 'unbroken'].map((run) => fs.readFile(folder.path(`${run}/${name}`))),
      );
      expect({ name, same: a.equals(b) }).toEqual({ name, same: true });
    }
    const told = (await fs.readFile(folder.path('broken/events.ndjson'), 'utf8')).trim().split('\n');
    const events = told.map((line) => JSON.parse(line));
    expect(events[0].event).toBe('started');
    expect(events.filter(({ event }) => event === 'resumed')).toHaveLength(1);
    expect(events.some(({ event, code: why }) => event === 'stopped' && why === 'SVP_E_ABORT')).toBe(true);
    expect(events.filter(({ event }) => event === 'epoch').map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(events.at(-1)).toMatchObject({ event: 'finished' });
    const names = (await fs.readdir(folder.path('broken/tensorboard'))).sort();
    expect(names).toHaveLength(2);
    const logs = await Promise.all(
      names.map((name) => fs.readFile(folder.path(`broken/tensorboard/${name}`))),
    );
    const losses = JSON.parse(resumed.stdout).epochs.map((e: Record<string, number>) => [
      e.epoch,
      Math.fround(e.trainLoss),
    ]);
    expect(shownScalars(logs)['loss/train']).toEqual(losses);
  });

  test('the forgetting events of each epoch follow from what was recorded', async () => {
    const run = folder.path('unbroken');
    const { shape, dtype, data } = await readNpy(`${run}/correctness.npy`);
    expect({ shape, dtype }).toEqual({ shape: [3, 60_000], dtype: 'uint8' });
    const epochs = JSON.parse(await fs.readFile(`${run}/result.json`, 'utf8')).epochs;
    for (const [e, { trainAccuracy }] of epochs.entries()) {
      const row = data.subarray(e * 60_000, (e + 1) * 60_000) as Uint8Array;
      expect(row.filter((value) => value === 1).length / 1200).toBe(trainAccuracy);
      expect(row.subarray(1200).every((value) => value === 255)).toBe(true);
    }
    let last = new Float64Array();
    for await (const { counts } of forgettingPerEpoch(`${run}/correctness.npy`)) last = counts as typeof last;
    expect(last.slice(0, 1200)).toEqual(await readNpyVector(`${run}/forgetting.npy`));
    const { code, stdout } = await runSvp(['correlate', run, '--json']);
    expect(code).toBe(0);
    const points = JSON.parse(stdout).convergence as { epoch: number; own: { mean: number } }[];
    expect(points.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(points[2].own.mean).toBeCloseTo(1, 12);
  });

  test('a recipe of its own: AdamW, a cosine, smoothing, micro-batches, a part of the schedule, an early end', async () => {
    const run = folder.path('recipe');
    const { code, stdout, stderr } = await runSvp([
      ...['train', '--arch', 'preact8', '--width', '4', '--subset', subset, '--run-dir', run, '--json'],
      ...['--optimizer', 'adamw', '--schedule', 'cosine', '-e', '6', '--warm-up-epochs', '1', '-b', '32'],
      ...['--accumulate', '2', '--label-smoothing', '0.1', '--stop-at-epoch', '3', '--validation', '10%'],
      ...['--patience', '3', '--no-augmentation'],
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const { epochs, examples } = JSON.parse(stdout);
    expect([epochs.length, examples]).toEqual([3, 1080]);
    const rates = epochs.map((epoch: { learningRate: number }) => epoch.learningRate);
    expect(rates[0]).toBe(0.001);
    expect(rates[2]).toBeLessThan(rates[1]);
    expect(JSON.parse(await fs.readFile(`${run}/config.json`, 'utf8'))).toMatchObject({
      ...{ optimizer: 'adamw', schedule: 'cosine', epochs: [6], learningRates: [0.001], warmUpEpochs: 1 },
      ...{ accumulate: 2, labelSmoothing: 0.1, stopAtEpoch: 3, validation: 120, patience: 3 },
    });
    const best = await loadCheckpoint(`${run}/checkpoint_best_model.svp`);
    expect(best.training?.optimizer.name).toBe('adamw');
    expect(best.training?.optimizer.steps).toBe(17 * (best.training?.epochs.length as number));
  });

  test('to resume with other options is refused', async () => {
    const { code, stderr } = await runSvp([
      ...['train', '--arch', 'preact8', '--width', '8', '-b', '32', '--subset', subset, '--resume'],
      ...['-e', '3', '-l', '0.05', '--run-dir', folder.path('unbroken')],
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('SVP_E_CHECKPOINT');
  });
});

describe('svp train, before it trains', () => {
  test('--dry-run says what would be trained, and writes nothing', async () => {
    const run = folder.path('never');
    const { code, stdout } = await runSvp(small('--epochs', '4', '--dry-run', '--json', '--run-dir', run));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      arch: 'preact8',
      examples: 1200,
      epochs: 4,
      steps: 4 * 75,
    });
    await expect(fs.access(run)).rejects.toThrow();
  });

  test.each([
    [['--arch', 'preact21'], 2, /preact20/],
    [['--dataset', 'fashion-mnits'], 2, /fashion-mnist/],
    [['--epochs', '1', '--epochs', '2', '--learning-rate', '0.1'], 2, /one learning rate for each/],
    [['--batch-size', '0'], 2, /--batch-size/],
    [['--validation', '60000'], 2, /SVP_E_/],
    [['--subset', '/nowhere/a.index'], 3, /SVP_E_FILE.*a\.index/],
    [['--resume'], 2, /--run-dir/],
    [['--patience', '3'], 2, /validation/],
    [['--stop-at-epoch', '6'], 2, /5 epochs/],
    [['--optimizer', 'adam', '--momentum', '0.9'], 2, /for sgd/],
    [['--schedule', 'cifar', '--epochs', '3'], 2, /cifar/],
    [['--label-smoothing', '1.5'], 2, /labelSmoothing/],
    [['--epoch', '3'], 2, /--epochs/],
  ])('%p is refused', async (args, exitCode, message) => {
    const { code, stderr } = await runSvp(['train', ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });

  test('a row outside the data set is named', async () => {
    const file = folder.path('outside.index');
    await fs.writeFile(file, '5\n60000\n');
    const { code, stderr } = await runSvp(['train', '--subset', file]);
    expect(code).toBe(2);
    expect(stderr).toContain('60000');
  });
});
