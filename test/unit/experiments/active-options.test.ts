/** What active learning refuses, and what it says then. */
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { readIndexFile } from '../../../src/data/formats/index-file';
import {
  type ActiveLearningOptions,
  activeLearning,
  activeLearningAt,
} from '../../../src/experiments/active-learning';
import { openWorkbench } from '../../../src/experiments/workbench';
import { temporaryFolder } from '../../process/training-folder';
import { FakeTrainingHost } from '../../reference/fake-training-host';
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

test.each<[Partial<ActiveLearningOptions>, string, RegExp]>([
  [{ method: 'forgetting' }, 'SVP_E_OPTION', /chooses core-sets/],
  [{ method: 'least-confident' }, 'SVP_E_OPTION', /least-confidence/],
  [{ initialSubset: 276 }, 'SVP_E_BUDGET', /276[\s\S]*275/],
  [{ initialSubset: 0 }, 'SVP_E_OPTION', /at least one/],
  [{ rounds: [200, 60] }, 'SVP_E_BUDGET', /255/],
  [{ rounds: [10, 0] }, 'SVP_E_OPTION', /Round 2 adds 0/],
  [{ rounds: [1.5] }, 'SVP_E_BUDGET', /whole number/],
  [{ evalTargetAt: [36] }, 'SVP_E_OPTION', /20, 35, 65, 95/],
  [{ validation: 300 }, 'SVP_E_BUDGET', /300/],
  [{ proxy: { arch: 'preact9' } }, 'SVP_E_OPTION', /preact8/],
  [{ proxy: { epochs: [1, 2] } }, 'SVP_E_OPTION', /same length/],
  [{ resume: true }, 'SVP_E_OPTION', /--run-dir/],
  [{ resume: true, force: true, runDirectory: 'x' }, 'SVP_E_OPTION', /one of them/],
  [{ balanced: true, labels: () => [] }, 'SVP_E_OPTION', /hidden/],
  [{ precomputedSelection: '/nowhere', rounds: [1] }, 'SVP_E_FILE', /nowhere/],
  [{ round: [1] } as Partial<ActiveLearningOptions>, 'SVP_E_OPTION', /rounds/],
])('%p is refused', async (changes, code, message) => {
  const error = await run(changes).catch((e) => e);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
});

test('what a precomputed selection decides cannot be asked for', async () => {
  const first = folder.path('decides');
  await run({ runDirectory: first });
  await expect(run({ precomputedSelection: first })).rejects.toMatchObject({
    code: 'SVP_E_OPTION',
    option: 'initialSubset',
  });
});

test('a labelled set that reaches into the validation set is refused', async () => {
  const leaky = folder.path('leaky');
  await run({ runDirectory: leaky });
  const [row] = await numbers(leaky, 'labeled_35.index');
  await fs.writeFile(path.join(leaky, 'dev.index'), `${row}\n`);
  await expect(activeLearning({ dataset, precomputedSelection: leaky })).rejects.toMatchObject({
    code: 'SVP_E_SHAPE',
    message: expect.stringContaining('dev.index'),
  });
});

test('to resume with other options or other data is refused, and says what differs', async () => {
  const runDirectory = folder.path('resumed');
  await run({ runDirectory });
  await expect(run({ runDirectory, resume: true, rounds: [15, 30, 31] })).rejects.toMatchObject({
    code: 'SVP_E_CHECKPOINT',
    message: expect.stringMatching(/rounds/),
  });
  const other = { ...dataset, train: tinyImages(300, { seed: 9 }) };
  const bench = await openWorkbench({ dataset: other, host: new FakeTrainingHost() });
  await expect(
    activeLearningAt(bench, { ...options, dataset: other, runDirectory, resume: true }),
  ).rejects.toMatchObject({
    code: 'SVP_E_CHECKPOINT',
    message: expect.stringMatching(/data/),
  });
  await expect(run({ runDirectory })).rejects.toMatchObject({ code: 'SVP_E_EXISTS' });
});
