/** Both protocols with real trainings of a tiny network, on images in memory. */
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { type ActiveLearningOptions, activeLearning } from '../../src/experiments/active-learning';
import { coreSet } from '../../src/experiments/core-set';
import { temporaryFolder } from '../process/training-folder';
import { tinyImages } from '../reference/tiny-images';
import { describeWithTensorFlow } from '../reference/with-tensorflow';

const folder = temporaryFolder();
const dataset = { train: tinyImages(260, { seed: 1 }), test: tinyImages(80, { seed: 2 }) };
const network = {
  arch: 'preact8',
  width: 8,
  epochs: [3, 1],
  learningRates: [0.05, 0.01],
  batchSize: 8,
  augment: false,
};
const options: ActiveLearningOptions = {
  dataset,
  proxy: network,
  target: { ...network, width: 12 },
  initialSubset: 40,
  rounds: [30, 30],
  evalTargetAt: [40, 100],
};

describeWithTensorFlow('with real trainings', () => {
  test('active learning learns; going on after a stop gives the same labelled sets and accuracies', async () => {
    const unbroken = await activeLearning({ ...options, runDirectory: folder.path('unbroken') });
    const [first, last] = unbroken.record.targets;
    expect(last.testAccuracy).toBeGreaterThan(0.6);
    expect(first.examples).toBe(40);
    expect(unbroken.record.rounds.every((r) => r.proxy!.trainSeconds > 0 && r.inferenceSeconds > 0)).toBe(
      true,
    );

    const abort = new AbortController();
    const broken = folder.path('broken');
    let notes = 0;
    const stopped = activeLearning({
      ...options,
      runDirectory: broken,
      signal: abort.signal,
      onNote: () => {
        notes++;
        if (notes === 2) abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const resumed = await activeLearning({ ...options, runDirectory: broken, resume: true });
    expect(resumed.labelled).toEqual(unbroken.labelled);
    expect(resumed.record.targets.map((t) => t.testAccuracy)).toEqual(
      unbroken.record.targets.map((t) => t.testAccuracy),
    );
  });

  test('a warm start begins where the proxy before ended', async () => {
    const short = { ...options, evalTargetAt: [100], rounds: [60] };
    const proxy = { ...network, epochs: [0], learningRates: [0.1] };
    // Without epochs the second round's proxy is the first's, which is what a fresh one is, too: same scores, same picks.
    const cold = await activeLearning({ ...short, proxy });
    const warm = await activeLearning({ ...short, proxy, warmStart: true });
    expect(warm.labelled).toEqual(cold.labelled);
    const learned = await activeLearning({ ...options, warmStart: true, trainTarget: false });
    const [one, two] = learned.record.rounds.map((r) => r.proxy!.curve[0].trainLoss);
    expect(two).toBeLessThan(one);
  });

  test('labels that come during the run are what is learnt from', async () => {
    const hidden = { ...dataset, train: { ...dataset.train, labels: new Uint8Array(260) } };
    const told = await activeLearning({
      ...options,
      dataset: hidden,
      labels: (rows) => Array.from(rows, (row) => dataset.train.labels[row]),
    });
    const known = await activeLearning(options);
    expect(told.labelled).toEqual(known.labelled);
    expect(told.record.targets[1].testAccuracy).toBe(known.record.targets[1].testAccuracy);
  });

  test('the selection pass by ONNX Runtime keeps what the training runtime’s keeps', async () => {
    for (const method of ['entropy', 'k-centers']) {
      const shared = { dataset, method, subset: 80, proxy: network, trainTarget: false, target: network };
      const here = await coreSet(shared);
      const runDirectory = folder.path(`onnx-${method}`);
      const onnx = await coreSet({ ...shared, scoring: 'onnx', runDirectory });
      const kept = new Set(here.selected);
      const both = onnx.selected.filter((row) => kept.has(row)).length;
      expect(both).toBeGreaterThanOrEqual(76);
      expect(JSON.parse(await fs.readFile(path.join(runDirectory, 'config.json'), 'utf8'))).toMatchObject({
        scoring: 'onnx',
      });
    }
  });
});
