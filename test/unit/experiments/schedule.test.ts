import * as fc from 'fast-check';
import { resolveSchedule, scheduleOf } from '../../../src/experiments/schedule';

test('the paper’s 181 epochs are the paper’s schedule', () => {
  expect(scheduleOf(181)).toEqual({ epochs: [1, 90, 45, 45], learningRates: [0.01, 0.1, 0.01, 0.001] });
});

test('any total is kept, no stage is empty, and rates fall after the warm-up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (total) => {
      const { epochs, learningRates } = scheduleOf(total);
      expect(epochs.reduce((a, b) => a + b)).toBe(total);
      expect(epochs.every((count) => count > 0)).toBe(true);
      expect(epochs.length).toBe(learningRates.length);
      const after = total >= 5 ? learningRates.slice(1) : learningRates;
      expect([...after].sort((a, b) => b - a)).toEqual(after);
    }),
  );
});

test('lists of equal length are taken as they are', () => {
  expect(resolveSchedule([1, 2], [0.1, 0.01])).toEqual({ epochs: [1, 2], learningRates: [0.1, 0.01] });
});

test('one number of epochs alone is the total; nothing is five epochs', () => {
  expect(resolveSchedule([181])).toEqual(scheduleOf(181));
  expect(resolveSchedule()).toEqual(scheduleOf(5));
});

test.each([
  [[1, 2], undefined],
  [[1, 2], [0.1]],
  [undefined, [0.1]],
])('epochs %p with rates %p are refused', (epochs, rates) => {
  expect(() => resolveSchedule(epochs, rates)).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
});
