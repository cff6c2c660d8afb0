import { loadDataset } from '../../src/data/datasets/registry';
import { kernels } from '../../src/models/kernels';
import { createModel } from '../../src/models/registry';
import { tensorflow } from '../../src/models/tensorflow';
import { scorePool } from '../../src/scoring/tensorflow-scorer';
import { trainModel } from '../../src/training/trainer';
import { tinyImages } from '../reference/tiny-images';
import { describeWithTensorFlow } from '../reference/with-tensorflow';

describeWithTensorFlow('training on real images', () => {
  test('a narrow network learns Fashion-MNIST, and its scores agree with its accuracy', async () => {
    const { train, test: all } = await loadDataset('fashion-mnist');
    const rows = Uint32Array.from({ length: 1280 }, (_, i) => i);
    const images = all.images.subarray(0, 500 * 784);
    const part = { ...all, images, labels: all.labels.subarray(0, 500), count: 500 };
    const model = createModel('preact8', { inputShape: [28, 28, 1], classes: 10, width: 8, seed: 1 });
    try {
      const memory: { live: number; tensors: number }[] = [];
      const result = await trainModel({
        model,
        dataset: train,
        indices: rows,
        test: part,
        epochs: [1, 3, 1],
        learningRates: [0.02, 0.1, 0.01],
        batchSize: 32,
        augment: false,
        trackForgetting: true,
        evaluateEveryEpoch: true,
        onEpoch: () => memory.push({ live: kernels().live, tensors: tensorflow().memory().numTensors }),
      });
      // Five epochs of 1,280 images; guessing gives 0.1.
      expect(result.testAccuracy).toBeGreaterThan(0.6);
      // The second epoch has made every constant that there is to make; the last stage's rate adds one.
      expect(memory[4].live).toBeLessThanOrEqual(memory[1].live + 1);
      expect(memory.map(({ tensors }) => tensors)).toEqual(new Array(5).fill(memory[0].tensors));

      const counts = result.forgetting!.counts('zero').subarray(0, 1280);
      const events = counts.reduce((sum, count) => sum + count, 0);
      expect(events).toBeGreaterThan(0);
      expect(Math.max(...counts)).toBeLessThanOrEqual(2);

      const { logits } = await scorePool({ model, dataset: part, outputs: ['logits'] });
      let correct = 0;
      for (let i = 0; i < part.count; i++) {
        const row = Array.from(logits!.data.subarray(i * 10, (i + 1) * 10));
        if (row.indexOf(Math.max(...row)) === part.labels[i]) correct++;
      }
      expect(correct / part.count).toBe(result.testAccuracy);
    } finally {
      model.dispose();
    }
  });

  test('memory stays flat over a thousand steps', async () => {
    const dataset = tinyImages(640);
    const model = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 4 });
    try {
      const live: number[] = [];
      const resident: number[] = [];
      await trainModel({
        model,
        dataset,
        epochs: [50],
        learningRates: [0.05],
        batchSize: 32,
        onEpoch: () => {
          live.push(kernels().live);
          resident.push(process.memoryUsage().rss / 2 ** 20);
        },
      });
      expect(new Set(live).size).toBe(1);
      // The first half fills caches and pools; a leak of one activation a step would be 60 MiB in the second.
      expect(resident[49] - resident[24]).toBeLessThan(30);
    } finally {
      model.dispose();
    }
  });
});
