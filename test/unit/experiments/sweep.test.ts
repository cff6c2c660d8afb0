import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { sweepAt } from '../../../src/experiments/sweep';
import {
  parseSweepConfiguration,
  readSweepConfiguration,
} from '../../../src/experiments/sweep-configuration';
import { SweepEstimate } from '../../../src/experiments/sweep-estimate';
import { sweepRuns } from '../../../src/experiments/sweep-runs';
import { openWorkbench } from '../../../src/experiments/workbench';
import { temporaryFolder } from '../../process/training-folder';
import { FakeTrainingHost } from '../../reference/fake-training-host';
import { tinyImages } from '../../reference/tiny-images';

const folder = temporaryFolder();
const dataset = { train: tinyImages(200, { seed: 1 }), test: tinyImages(20, { seed: 2 }) };

const config = {
  name: 'small',
  seeds: [1, 2],
  networks: {
    target: { arch: 'preact20', epochs: 3 },
    // The same training in other words: an oracle all the same.
    spelled: { arch: 'preact20', epochs: [2, 1], 'learning-rates': [0.1, 0.01], 'batch-size': 128 },
    shallow: { like: 'target', arch: 'preact8' },
    short: { like: 'target', epochs: 1 },
  },
  active: {
    target: 'target',
    proxies: ['target', 'shallow'],
    methods: ['random', 'least_confidence'],
    'initial-subset': 10,
    rounds: [10, 20],
    'eval-target-at': [20, 40],
  },
  'core-set': {
    target: 'target',
    proxies: ['shallow'],
    methods: ['random', 'forgetting', 'entropy'],
    subsets: ['30%', '50%'],
    'full-target': true,
  },
};

async function run(value: unknown, name: string, host = new FakeTrainingHost(), more: object = {}) {
  const bench = await openWorkbench({ dataset, host });
  const configuration = parseSweepConfiguration(value, 'small.yaml');
  const result = await sweepAt(bench, configuration, {
    configuration: '',
    runDirectory: folder.path(name),
    ...more,
  });
  return { host, ...result };
}

test('a configuration is every method with every proxy for every seed; random needs none', () => {
  const runs = sweepRuns(parseSweepConfiguration(config, 'small.yaml'));
  const ids = (seed: number) => [
    `active/random/seed-${seed}`,
    `active/least-confidence/target/seed-${seed}`,
    `active/least-confidence/shallow/seed-${seed}`,
    `core-set/random/seed-${seed}`,
    `core-set/forgetting-events/shallow/seed-${seed}`,
    `core-set/entropy/shallow/seed-${seed}`,
  ];
  expect(runs.map((r) => r.id)).toEqual([...ids(1), ...ids(2)]);
  expect(runs.filter((r) => r.oracle).map((r) => r.proxy)).toEqual(['target', 'target']);
  const spelled = { ...config, active: { ...config.active, proxies: ['spelled'] } };
  expect(
    sweepRuns(parseSweepConfiguration(spelled, 'x')).some((r) => r.proxy === 'spelled' && r.oracle),
  ).toBe(true);
});

test('runs that need the same training share it', async () => {
  const { host, record, runDirectory } = await run({ ...config, seeds: [1] }, 'shared');
  expect(record.runs.every((r) => r.state === 'done')).toBe(true);
  const targets = 2 + 2 + 2; // random, the oracle's and the shallow proxy's two sets each
  const proxies = 1 + 2; // the oracle's on the initial examples (on 20 it is its target); the shallow one's two
  const coreSets = 1 + 1 + 3 * 2; // one proxy and one full target for three methods of two subsets
  expect(host.epochs).toBe(3 * (targets + proxies + coreSets));
  const csv = (await fs.readFile(path.join(runDirectory, 'sweep.csv'), 'utf8')).trim().split('\n');
  expect(csv[0]).toBe(
    'protocol,method,proxy,target,oracle,seed,nexamples,share,test_accuracy,selection_time,train_time,total_time',
  );
  expect(csv).toHaveLength(1 + 3 * 2 + 3 * 3);
  expect(csv.filter((line) => line.startsWith('core-set,full,,target'))).toHaveLength(3);
});

test('what is done is skipped, what is new is run, and what was shared stays shared', async () => {
  const first = await run({ ...config, seeds: [1] }, 'grows');
  const again = await run({ ...config, seeds: [1] }, 'grows');
  expect(again.host.jobs).toEqual([]);
  expect(again.record.runs).toEqual(first.record.runs);
  const more = await run(config, 'grows');
  expect(more.record.runs.filter((r) => r.seed === 2).every((r) => r.state === 'done')).toBe(true);
  expect(more.host.jobs.every((job) => job.seed === 2)).toBe(true);
  expect(more.record.createdAt).toBe(first.record.createdAt);
});

test('a cancelled sweep goes on where it was', async () => {
  const abort = new AbortController();
  const host = new FakeTrainingHost();
  const stopped = run(config, 'stopped', host, {
    signal: abort.signal,
    onNote: () => {
      if (host.epochs >= 20) abort.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  const whole = await run(config, 'whole');
  await run(config, 'stopped', host);
  expect(host.epochs).toBe(whole.host.epochs);
});

test('a run that fails is told, and the others go on', async () => {
  const { record, failures, runDirectory } = await run(config, 'fails');
  expect(failures).toEqual([]);
  const changed = { ...config, active: { ...config.active, rounds: [10, 21], 'eval-target-at': [20, 41] } };
  const other = await run(changed, 'fails');
  expect(other.failures.map((f) => [f.id.split('/')[0], f.error.code])).toEqual(
    new Array(6).fill(['active', 'SVP_E_CHECKPOINT']),
  );
  expect(other.record.runs.filter((r) => r.state === 'failed')).toHaveLength(6);
  expect(other.record.runs.filter((r) => r.state === 'done')).toHaveLength(6);
  const forced = await run(changed, 'fails', new FakeTrainingHost(), { force: true });
  expect(forced.failures).toEqual([]);
  expect(record.runs).toHaveLength(12);
  await fs.access(path.join(runDirectory, 'active/random/seed-1/labeled_41.index'));
});

test('a folder that holds something else is left alone', async () => {
  await fs.mkdir(folder.path('other'));
  await fs.writeFile(folder.path('other/notes.txt'), 'mine');
  await expect(run(config, 'other')).rejects.toMatchObject({ code: 'SVP_E_EXISTS' });
});

test('the estimate counts a shared training once, and learns from the runs before', () => {
  const stage = (units: number, shared?: string) => ({
    name: 's',
    kind: 'k',
    units,
    secondsPerUnit: 1,
    ...(shared ? { shared } : {}),
  });
  const estimate = new SweepEstimate([[stage(5, 'a'), stage(1)], [stage(5, 'a'), stage(2)], [stage(3)]]);
  expect(estimate.total).toBe(11);
  estimate.begin(0);
  const told: number[] = [];
  estimate.progress('x', (p) => told.push(p.remainingMs as number))({
    stage: 's',
    done: 1,
    total: 2,
    unit: 'u',
    elapsedMs: 1,
    remainingMs: 500,
  });
  expect(told).toEqual([5500]);
});

describe('configurations', () => {
  test.each<[unknown, string, RegExp]>([
    [[], 'SVP_E_FORMAT', /a map/],
    [{ networks: config.networks }, 'SVP_E_OPTION', /nothing to run/],
    [{ ...config, seed: 1 }, 'SVP_E_OPTION', /"seed".*seeds/],
    [
      { ...config, active: { ...config.active, round: [1] } },
      'SVP_E_OPTION',
      /active: unknown option "round".*rounds/,
    ],
    [{ ...config, active: { ...config.active, methods: ['entropie'] } }, 'SVP_E_OPTION', /entropy/],
    [{ ...config, active: { ...config.active, proxies: ['shalow'] } }, 'SVP_E_OPTION', /shallow/],
    [
      { ...config, networks: { ...config.networks, target: { arch: 'preact21' } } },
      'SVP_E_OPTION',
      /preact20/,
    ],
    [
      { ...config, networks: { target: { like: 'b' }, b: { like: 'target' } } },
      'SVP_E_OPTION',
      /like itself/,
    ],
    [{ ...config, networks: { target: { epochs: [1, 2] } } }, 'SVP_E_OPTION', /same length/],
    [
      { ...config, networks: { target: { epoch: 1 } } },
      'SVP_E_OPTION',
      /networks\.target: unknown option "epoch".*epochs/,
    ],
    [{ ...config, name: '../up' }, 'SVP_E_OPTION', /name/],
    [{ ...config, 'resized-cache': 0 }, 'SVP_E_OPTION', /resized-cache/],
  ])('%# is refused', (value, code, message) => {
    let error: Error & { code?: string } = new Error('nothing was thrown');
    try {
      parseSweepConfiguration(value, 'small.yaml');
    } catch (e) {
      error = e as typeof error;
    }
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
  });

  test('the copies of images that all runs read', () => {
    expect(parseSweepConfiguration({ ...config, 'resized-cache': 256 }, 'small.yaml').resizedCache).toBe(256);
    expect(parseSweepConfiguration(config, 'small.yaml')).not.toHaveProperty('resizedCache');
  });

  test('are read from YAML; what is none is told with its line', async () => {
    const file = folder.path('fashion.yaml');
    await fs.writeFile(
      file,
      'networks: { t: { arch: preact8 } }\nactive:\n  target: t\n  methods: [entropy]\n',
    );
    expect(await readSweepConfiguration(file)).toMatchObject({
      name: 'fashion',
      dataset: 'fashion-mnist',
      seeds: [0],
    });
    await fs.writeFile(file, 'networks: { t: {\nactive: [');
    await expect(readSweepConfiguration(file)).rejects.toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringMatching(/line \d/),
    });
    await expect(readSweepConfiguration(folder.path('none.yaml'))).rejects.toMatchObject({
      code: 'SVP_E_FILE',
    });
  });
});
