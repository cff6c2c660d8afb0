import { stopsEarly } from '../../../src/training/early-stop';

const epochs = (...accuracies: (number | undefined)[]) =>
  accuracies.map((validationAccuracy) => (validationAccuracy === undefined ? {} : { validationAccuracy }));

test.each([
  [epochs(), 1, 0, false],
  [epochs(0.5), 1, 0, false],
  [epochs(0.5, 0.5), 1, 0, true],
  [epochs(0.5, 0.4, 0.6), 2, 0, false],
  [epochs(0.5, 0.4, 0.5), 2, 0, true],
  // What is not measured is no rise.
  [epochs(0.5, undefined, undefined), 2, 0, true],
  // Small rises do not count, but they add up: the best that counted is what the next is held against.
  [epochs(0.5, 0.505, 0.508), 2, 0.01, true],
  [epochs(0.5, 0.505, 0.512), 2, 0.01, false],
  // Once it has stopped it stays so.
  [epochs(0.5, 0.4, 0.3, 0.9), 2, 0, true],
])('%j with patience %d and least rise %d: %s', (records, patience, minDelta, stops) => {
  expect(stopsEarly(records, { patience, minDelta })).toBe(stops);
});
