import { correctRows, RunningMeans } from '../../../src/training/metrics';

describe('metrics', () => {
  test('the largest logit is the prediction, the lowest class on ties', () => {
    const logits = Float32Array.of(0, 2, 1, 5, 5, 0, -1, -3, -2);
    expect(Array.from(correctRows(logits, [1, 0, 2]))).toEqual([1, 1, 0]);
    expect(Array.from(correctRows(logits, [0, 1, 0]))).toEqual([0, 0, 1]);
  });

  test('no rows are no answers', () => expect(correctRows(new Float32Array(0), [])).toHaveLength(0));

  test('means weigh examples, not batches', () => {
    const means = new RunningMeans();
    means.add([1, 1, 1], [1, 1, 0]);
    means.add([5], [0]);
    expect(means.loss).toBe(2);
    expect(means.accuracy).toBe(0.5);
  });
});
