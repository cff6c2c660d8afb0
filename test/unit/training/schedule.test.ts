import { LearningRates, resolveSchedule, type ScheduleOptions } from '../../../src/training/schedule';
import { type ReferenceSchedule, referenceRates } from '../../reference/learning-rates';

/** The rate of every step. */
function rates(options: ScheduleOptions, stepsPerEpoch: number, examples = 128): number[] {
  const schedule = new LearningRates(resolveSchedule(options, examples, 'test'), stepsPerEpoch);
  return Array.from({ length: schedule.epochs * stepsPerEpoch }, (_, step) => schedule.at(step));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((rate, i) => {
    expect(actual[i]).toBeCloseTo(rate, 14);
  });
}

describe('the learning rate of every step', () => {
  test("a cosine and a warm-up are PyTorch 2.15's (CosineAnnealingLR; LinearLR before it)", () => {
    const cosine = [
      ...[0.1, 0.0962320368593087, 0.0855017856687341, 0.06944282990207196],
      ...[0.0505, 0.03155717009792806, 0.0154982143312659, 0.004767963140691306],
    ];
    const warm = [
      ...[0.05, 0.1, 0.15, 0.2, 0.2, 0.1866025403784439, 0.15],
      ...[0.1, 0.050000000000000024, 0.01339745962155613],
    ];
    expectClose(referenceRates({ rates: [0.1], stepsPerEpoch: 8, cosineTo: 0.001 }), cosine);
    const five = new Array(5).fill(0.2);
    expectClose(referenceRates({ rates: five, stepsPerEpoch: 2, warmUpSteps: 4, cosineTo: 0 }), warm);
    expectClose(
      rates({ schedule: 'cosine', epochs: [1], learningRates: [0.1], finalLearningRate: 0.001 }, 8),
      cosine,
    );
    expectClose(rates({ schedule: 'cosine', epochs: [5], learningRates: [0.2], warmUpEpochs: 2 }, 2), warm);
  });

  test.each<[ScheduleOptions, ReferenceSchedule]>([
    [
      { epochs: [2, 1], learningRates: [0.1, 0.01] },
      { rates: [0.1, 0.1, 0.01], stepsPerEpoch: 7 },
    ],
    [
      { epochs: [2, 1], learningRates: [0.1, 0.01], warmUpEpochs: 1.5 },
      { rates: [0.1, 0.1, 0.01], stepsPerEpoch: 4, warmUpSteps: 6 },
    ],
    [
      { schedule: 'cosine', epochs: [3], learningRates: [0.3], warmUpEpochs: 0.5, finalLearningRate: 0.1 },
      { rates: [0.3, 0.3, 0.3], stepsPerEpoch: 10, warmUpSteps: 5, cosineTo: 0.1 },
    ],
  ])('%j is the oracle’s', (options, reference) => {
    expectClose(rates(options, reference.stepsPerEpoch), referenceRates(reference));
  });

  test("an epoch's rate is that of its last step", () => {
    const options = resolveSchedule({ epochs: [2], learningRates: [0.4], warmUpEpochs: 1 }, 128, 'test');
    const schedule = new LearningRates(options, 4);
    expect([schedule.at(0), schedule.ofEpoch(0), schedule.ofEpoch(1)]).toEqual([0.1, 0.4, 0.4]);
  });

  test("the paper's schedules by name", () => {
    const cifar = rates({ schedule: 'cifar' }, 1);
    expect(cifar).toHaveLength(181);
    expect([0, 1, 90, 91, 135, 136, 180].map((e) => cifar[e])).toEqual([
      0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001,
    ]);
    const imagenet = rates({ schedule: 'imagenet' }, 1, 256);
    expect(imagenet).toHaveLength(100);
    expect([0, 4, 5, 29, 30, 60, 99].map((e) => imagenet[e])).toEqual([
      0.0167, 0.0833, 0.1, 0.1, 0.01, 0.001, 0.0001,
    ]);
    // Its rates are for batches of 256.
    expect(rates({ schedule: 'imagenet' }, 1, 1024)[5]).toBe(0.4);
    expect(rates({ schedule: 'imagenet', referenceBatchSize: 128 }, 1, 256)[5]).toBe(0.2);
    const amazon = rates({ schedule: 'amazon' }, 1);
    expect([0, 3, 6, 9, 12, 14].map((e) => amazon[e])).toEqual([
      0.01, 0.005, 0.0025, 0.00125, 0.000625, 0.000625,
    ]);
  });

  test('a stage of no epochs is skipped; no epochs at all are no rates', () => {
    expect(rates({ epochs: [0, 2], learningRates: [0.5, 0.1] }, 1)).toEqual([0.1, 0.1]);
    expect(rates({ epochs: [0], learningRates: [0.1] }, 1)).toEqual([]);
  });

  const cosine = { schedule: 'cosine' as const, epochs: [2], learningRates: [0.1] };
  test.each<[ScheduleOptions, string]>([
    [{ epochs: [1, 2], learningRates: [0.1] }, 'learningRates'],
    [{ epochs: [1] }, 'learningRates'],
    [{ learningRates: [1] }, 'epochs'],
    [{ ...cosine, epochs: [1, 1], learningRates: [0.1, 0.2] }, 'learningRates'],
    [{ ...cosine, finalLearningRate: 0.2 }, 'finalLearningRate'],
    [{ epochs: [1], learningRates: [0.1], finalLearningRate: 0 }, 'finalLearningRate'],
    [{ epochs: [1], learningRates: [0.1], warmUpEpochs: 1.5 }, 'warmUpEpochs'],
    [{ ...cosine, warmUpEpochs: 2 }, 'warmUpEpochs'],
    [{ schedule: 'cifar', epochs: [5] }, 'epochs'],
    [{ schedule: 'amazon', learningRates: [5] }, 'learningRates'],
  ])('%j is refused', (options, option) => {
    expect(() => resolveSchedule(options as ScheduleOptions, 128, 'test')).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', option }),
    );
  });
});
