import { learningRatePerEpoch } from '../../../src/training/schedule';

describe('the stepwise schedule', () => {
  test("the reference's for CIFAR", () => {
    const rates = learningRatePerEpoch({ epochs: [1, 90, 45, 45], learningRates: [0.01, 0.1, 0.01, 0.001] });
    expect(rates).toHaveLength(181);
    expect([0, 1, 90, 91, 135, 136, 180].map((e) => rates[e])).toEqual([
      0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001,
    ]);
  });

  test('a stage of no epochs is skipped; no epochs at all are no rates', () => {
    expect(learningRatePerEpoch({ epochs: [0, 2], learningRates: [0.5, 0.1] })).toEqual([0.1, 0.1]);
    expect(learningRatePerEpoch({ epochs: [0], learningRates: [0.1] })).toEqual([]);
  });

  test.each([
    [[1, 2], [0.1], 'learningRates'],
    [[1.5], [0.1], 'epochs'],
    [[-1], [0.1], 'epochs'],
    [[1], [0], 'learningRates'],
    [[1], [Number.NaN], 'learningRates'],
  ])('%j at %j is refused', (epochs, learningRates, option) => {
    expect(() => learningRatePerEpoch({ epochs, learningRates })).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', option }),
    );
  });
});
