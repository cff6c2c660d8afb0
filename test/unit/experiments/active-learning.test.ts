import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { Random } from '../../../src/core/random';
import { readIndexFile } from '../../../src/data/formats/index-file';
import { SvpError } from '../../../src/errors';
import { type ActiveLearningOptions, activeLearningAt } from '../../../src/experiments/active-learning';
import { openWorkbench } from '../../../src/experiments/workbench';
import { filesBelow, temporaryFolder } from '../../process/training-folder';
import { FakeTrainingHost } from '../../reference/fake-training-host';
import { activeOracle, type OracleMethod } from '../../reference/protocols';
import { tinyImages } from '../../reference/tiny-images';

const folder = temporaryFolder();
const dataset = { train: tinyImages(300, { seed: 1 }), test: tinyImages(50, { seed: 2 }) };
const network = { arch: 'preact8', epochs: [2], learningRates: [0.1] };
const options: ActiveLearningOptions = {
  dataset,
  target: { ...network, arch: 'preact20' },
  proxy: network,
  initialSubset: 20,
  rounds: [15, 30, 30],
  validation: 25,
  seed: 3,
};

async function run(changes: Partial<ActiveLearningOptions>, host = new FakeTrainingHost()) {
  const bench = await openWorkbench({ dataset, host });
  return { host, ...(await activeLearningAt(bench, { ...options, ...changes })) };
}

const numbers = async (run: string, file: string) => Array.from(await readIndexFile(path.join(run, file)));

test.each<[OracleMethod, boolean]>([
  ['least-confidence', false],
  ['margin', false],
  ['entropy', false],
  ['k-centers', false],
  ['random', false],
  ['least-confidence', true],
  ['k-centers', true],
])('%s, warm start %p: the labelled sets are those of the naive protocol', async (method, warmStart) => {
  const runDirectory = folder.path(`oracle-${method}-${warmStart}`);
  const { host, record } = await run({ method, warmStart, runDirectory, evalTargetAt: [35, 95] });
  const pool = await numbers(runDirectory, 'train.index');
  const held = await numbers(runDirectory, 'dev.index');
  const initial = await numbers(runDirectory, 'initial_subset_20.index');
  // A partition of the train split, and an initial subset out of the pool.
  expect(held).toHaveLength(25);
  expect([...pool, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(new Set(initial).size).toBe(20);
  expect(initial.every((row) => pool.includes(row))).toBe(true);
  const expected = activeOracle({
    pool,
    initial,
    rounds: [15, 30, 30],
    method,
    warmStart,
    job: (rows) => ({ ...network, weightSeed: 3, seed: 3, indices: Uint32Array.from(rows) }),
    order: Array.from(new Random(3).permutation(pool.length), (place) => pool[place]),
  });
  for (const set of expected) {
    expect(new Set(set).size).toBe(set.length);
    expect(await numbers(runDirectory, `labeled_${set.length}.index`)).toEqual(set);
  }
  // The proxy is trained on what each round starts with, the target where it was wanted.
  const trained = host.jobs.map((job) => [job.arch, job.indices?.length]);
  const proxies = method === 'random' ? [] : [20, 35, 65];
  expect(trained).toEqual(
    [...proxies.map((n) => ['preact8', n]), ['preact20', 35], ['preact20', 95]].sort(
      (a, b) => (a[1] as number) - (b[1] as number) || String(a[0]).localeCompare(String(b[0])),
    ),
  );
  // Fresh weights each time, or those of the round before.
  const parents = host.jobs.filter((job) => job.arch === 'preact8').map((job) => job.startFrom !== undefined);
  expect(parents).toEqual(proxies.map((_, i) => warmStart && i > 0));
  expect(host.jobs.every((job) => job.weightSeed === 3 && job.validation?.length === 25)).toBe(true);
  expect(record.rounds.map((r) => [r.labelledBefore, r.labelledAfter])).toEqual([
    [20, 35],
    [35, 65],
    [65, 95],
  ]);
  expect(host.models.size).toBe(0);
});

test('every model is scored on what it is asked about: the unlabelled rows, or for k-centers the pool', async () => {
  const { host } = await run({});
  expect(host.scoring.map((job) => job.indices?.length)).toEqual([255, 240, 210]);
  expect((await run({ method: 'k-centers' })).host.scoring.map((job) => job.indices?.length)).toEqual([
    275, 275, 275,
  ]);
});

test('the oracle trains nothing twice, whether its trainings are kept in a folder or not', async () => {
  for (const runDirectory of [undefined, folder.path('oracle')]) {
    const { host, record } = await run({
      proxy: { epochs: [1, 1], learningRates: [0.1, 0.1] },
      target: { ...network, epochs: [2] },
      evalTargetAt: [20, 35, 65, 95],
      ...(runDirectory ? { runDirectory } : {}),
    });
    expect(record.oracle).toBe(true);
    expect(host.epochs).toBe(4 * 2);
    expect(record.targets.map((t) => t.examples)).toEqual([20, 35, 65, 95]);
    // Selecting up to 95 took three trainings and three passes of a quarter of a second.
    const seconds = (n: number) => (2 * n) / 1000;
    const ranking = record.rounds.reduce((sum, r) => sum + r.rankingSeconds, 0);
    expect(record.targets[3].selectionSeconds).toBeCloseTo(
      seconds(20) + seconds(35) + seconds(65) + 0.75 + ranking,
      9,
    );
    expect(record.targets[0].selectionSeconds).toBe(0);
  }
});

test('the folder has the reference’s names and columns', async () => {
  const runDirectory = folder.path('names');
  await run({ runDirectory, evalTargetAt: [35, 95], test: 30 });
  const files = (await filesBelow(runDirectory)).filter((file) => !file.startsWith('trainings/'));
  const part = (name: string, n: number) =>
    [`labeled_${n}.index`, 'dev.index', 'results.csv'].map((file) => `${name}/${n}/${file}`);
  expect(files).toEqual(
    [
      ...['config.json', 'train.index', 'dev.index', 'test.index', 'initial_subset_20.index'],
      ...['labeled_35.index', 'labeled_65.index', 'labeled_95.index'],
      ...['proxy.csv', 'target.csv', 'selection.csv', 'events.ndjson', 'record.json'],
      ...[20, 35, 65].flatMap((n) => part('proxy', n)),
      ...[35, 95].flatMap((n) => part('target', n)),
    ].sort(),
  );
  const heading = async (name: string) =>
    (await fs.readFile(path.join(runDirectory, name), 'utf8')).split('\n').map((line) => line.split(',')[0]);
  expect(await heading('proxy.csv')).toEqual(['nexamples', '20', '35', '65', '']);
  expect(await heading('target.csv')).toEqual(['nexamples', '35', '95', '']);
  expect(await heading('selection.csv')).toEqual(['nexamples', '35', '65', '95', '']);
  const selection = await fs.readFile(path.join(runDirectory, 'selection.csv'), 'utf8');
  expect(selection).toMatch(
    /^nexamples,current_nexamples,new_nexamples,total_time,inference_time,ranking_time\n35,20,15,/,
  );
});

test('a precomputed selection is replayed with its own validation and test rows, and trains only the target', async () => {
  const first = folder.path('replayed');
  await run({ runDirectory: first, method: 'entropy', test: 30 });
  const { record: original } = await run({ runDirectory: first, method: 'entropy', test: 30, resume: true });
  const again = folder.path('replay');
  const host = new FakeTrainingHost();
  const bench = await openWorkbench({ dataset, host });
  const { record } = await activeLearningAt(bench, {
    dataset,
    target: network,
    precomputedSelection: first,
    evalTargetAt: [20, 95],
    runDirectory: again,
    seed: 99,
  });
  expect(host.jobs.map((job) => [job.arch, job.indices?.length, job.testIndices?.length])).toEqual([
    ['preact8', 20, 30],
    ['preact8', 95, 30],
  ]);
  expect(host.scoring).toEqual([]);
  for (const name of ['dev.index', 'test.index', 'train.index', 'labeled_65.index', 'labeled_95.index']) {
    expect(await numbers(again, name)).toEqual(await numbers(first, name));
  }
  expect(record).toMatchObject({ method: 'entropy', precomputedSelection: first, oracle: false });
  expect(record.targets[1].selectionSeconds).toBeCloseTo(original.targets[0].selectionSeconds, 6);
});

test('the reference’s folders can be replayed: labeled_N.index below proxy/N', async () => {
  const reference = folder.path('reference');
  for (const [n, rows] of [
    [3, [5, 9, 2]],
    [5, [5, 9, 2, 7, 250]],
  ] as const) {
    await fs.mkdir(path.join(reference, 'proxy', String(n)), { recursive: true });
    await fs.writeFile(
      path.join(reference, 'proxy', String(n), `labeled_${n}.index`),
      `${rows.join('\n')}\n`,
    );
  }
  await fs.writeFile(path.join(reference, 'dev.index'), '0\n1\n');
  const bench = await openWorkbench({ dataset, host: new FakeTrainingHost() });
  const { labelled, record } = await activeLearningAt(bench, {
    dataset,
    target: network,
    precomputedSelection: reference,
  });
  expect(Array.from(labelled)).toEqual([5, 9, 2, 7, 250]);
  expect(record).toMatchObject({ method: 'precomputed', initial: 3 });
});

test('a balanced initial subset has as many of each class', async () => {
  const { record, labelled } = await run({ balanced: true, initialSubset: 22, rounds: [5] });
  const counts = [0, 0, 0, 0];
  for (const row of labelled.slice(0, 22)) counts[dataset.train.labels[row]]++;
  expect(counts.sort()).toEqual([5, 5, 6, 6]);
  expect(record.balanced).toBe(true);
});

test('seeds decide: the same gives the same, another gives others', async () => {
  const [a, b, c] = [await run({ seed: 1 }), await run({ seed: 1 }), await run({ seed: 2 })];
  expect(a.labelled).toEqual(b.labelled);
  expect(a.labelled).not.toEqual(c.labelled);
});

test('sizes may be shares of the pool, and default to the paper’s', async () => {
  const { record } = await run({
    initialSubset: undefined,
    rounds: undefined,
    validation: 0,
    evalTargetAt: ['30%', '10%'],
  });
  expect(record.rounds.map((r) => r.labelledAfter)).toEqual([30, 60, 90, 120, 150]);
  expect(record.initial).toBe(6);
  expect(record.targets.map((t) => t.examples)).toEqual([30, 90]);
  const small = await run({ initialSubset: '4%', rounds: ['10%', 7], validation: 0 });
  expect(small.record.rounds.map((r) => r.labelledAfter)).toEqual([42, 49]);
});

describe('hidden labels', () => {
  test('are asked for once each, as rows are chosen, and are what is trained on', async () => {
    const hidden = { ...dataset, train: { ...dataset.train, labels: new Uint8Array(300) } };
    const asked: [number, number][] = [];
    const host = new FakeTrainingHost();
    const bench = await openWorkbench({ dataset: hidden, host });
    const { record } = await activeLearningAt(bench, {
      ...options,
      dataset: hidden,
      labels: (rows, { round }) => {
        asked.push([round, rows.length]);
        return Array.from(rows, (row) => dataset.train.labels[row]);
      },
    });
    expect(asked).toEqual([
      [0, 45],
      [1, 15],
      [2, 30],
      [3, 30],
    ]);
    for (const { labels, indices, validation } of host.jobs) {
      expect(Array.from(labels!.rows)).toEqual([...indices!, ...validation!]);
      expect(Array.from(labels!.classes)).toEqual(
        Array.from(labels!.rows, (row) => dataset.train.labels[row]),
      );
    }
    expect(record.rounds[0].classCounts).toBeUndefined();
  });

  test('may come later: the run stops with SVP_E_LABELS, goes on by resume, and asks for nothing twice', async () => {
    const runDirectory = folder.path('asked');
    const asked: number[] = [];
    let answers = 0;
    const labels = (rows: Uint32Array) => {
      if (answers === 0) throw new SvpError('SVP_E_LABELS', 'later');
      answers--;
      asked.push(...rows);
      return Array.from(rows, (row) => dataset.train.labels[row]);
    };
    const host = new FakeTrainingHost();
    for (let session = 0; session < 4; session++) {
      await expect(run({ labels, runDirectory, resume: true }, host)).rejects.toMatchObject({
        code: 'SVP_E_LABELS',
        exitCode: 75,
      });
      answers = 1;
    }
    const { record } = await run({ labels, runDirectory, resume: true }, host);
    expect(record.rounds).toHaveLength(3);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(95 + 25);
    expect(host.epochs).toBe(2 * 3 + 2);
    expect((await fs.readFile(path.join(runDirectory, 'labels.csv'), 'utf8')).split('\n')).toHaveLength(122);
  });

  test.each([
    [() => [1], 'SVP_E_SHAPE', /one class for each of the 45 rows, not 1/],
    [(rows: Uint32Array) => Array.from(rows, () => 4), 'SVP_E_SHAPE', /0 to 3/],
    [(rows: Uint32Array) => Array.from(rows, () => Number.NaN), 'SVP_E_SHAPE', /NaN/],
  ])('an answer that is none is refused (%#)', async (labels, code, message) => {
    await expect(run({ labels })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test('a cancelled run stops, and what is done is kept', async () => {
  const runDirectory = folder.path('cancelled');
  const abort = new AbortController();
  const host = new FakeTrainingHost();
  const running = run(
    {
      runDirectory,
      signal: abort.signal,
      onNote: (text) => {
        if (text.startsWith('proxy on 35')) abort.abort();
      },
    },
    host,
  );
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  const before = host.epochs;
  await run({ runDirectory, resume: true }, host);
  // The proxies on 20 and 35 examples are not trained again.
  expect(host.epochs - before).toBe(2 * 2);
});
