import fc from 'fast-check';
import { meanInterval, spreadOf } from '../../../src/analysis/interval';
import { studentProbability, studentQuantile } from '../../../src/analysis/student-t';
import { Random } from '../../../src/core/random';

// Tables of the t distribution (two-sided 95 % and 99 %).
test.each([
  [0.975, 1, 12.7062047362],
  [0.975, 2, 4.30265272991],
  [0.975, 3, 3.18244630528],
  [0.975, 4, 2.7764451052],
  [0.975, 9, 2.26215716279],
  [0.975, 30, 2.0422724563],
  [0.975, 1e6, 1.95996636],
  [0.995, 2, 9.92484320092],
  [0.9, 5, 1.47588404882],
])('the t quantile of %p with %p degrees of freedom is %p', (p, freedom, t) => {
  expect(studentQuantile(p, freedom)).toBeCloseTo(t, 6);
  expect(studentQuantile(1 - p, freedom)).toBeCloseTo(-t, 6);
});

test('probability and quantile are each the inverse of the other, for any degrees of freedom', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.integer({ min: 1, max: 500 }),
      (p, f) => {
        expect(studentProbability(studentQuantile(p, f), f)).toBeCloseTo(p, 9);
      },
    ),
  );
});

test('with one degree of freedom it is the Cauchy distribution', () => {
  for (const t of [-3, -0.5, 0, 0.1, 2, 40]) {
    expect(studentProbability(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
  }
});

test('mean, sample standard deviation and interval of a known case', () => {
  expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ n: 8, mean: 5, std: Math.sqrt(32 / 7) });
  const { low, high, n, mean } = meanInterval([0.01, 0.02, 0.03]);
  expect([n, mean]).toEqual([3, 0.02]);
  expect(high).toBeCloseTo(0.02 + (4.30265272991 * 0.01) / Math.sqrt(3), 9);
  expect(low).toBeCloseTo(0.02 - (4.30265272991 * 0.01) / Math.sqrt(3), 9);
});

test('one value has a mean and no spread; none has neither; NaN is no value', () => {
  expect(meanInterval([3])).toEqual({ n: 1, mean: 3, confidence: 0.95 });
  expect(spreadOf([])).toEqual({ n: 0, mean: Number.NaN });
  expect(spreadOf([1, Number.NaN, 3])).toEqual({ n: 2, mean: 2, std: Math.SQRT2 });
});

test('about 95 of 100 intervals of three values hold the true mean', () => {
  const random = new Random(5);
  let held = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const { low, high } = meanInterval([random.normal(), random.normal(), random.normal()]);
    if (low! <= 0 && high! >= 0) held++;
  }
  // Three standard deviations of a share of 0.95 in 4,000 trials: 0.0103.
  expect(Math.abs(held / 4000 - 0.95)).toBeLessThan(0.0104);
});
