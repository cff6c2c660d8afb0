import fc from 'fast-check';
import { classCounts, equalShares, inTurns, takeShares } from '../../../src/experiments/class-balance';

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** One row after another to the class that has given least and has some left; lower classes first. */
function equalSharesOracle(available: number[], total: number): number[] {
  const shares = available.map(() => 0);
  for (let i = 0; i < total; i++) {
    let best = -1;
    shares.forEach((share, c) => {
      if (share < available[c] && (best < 0 || share < shares[best])) best = c;
    });
    shares[best]++;
  }
  return shares;
}

test('shares are as even as the classes’ sizes allow', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }), fc.nat(200), (available, wanted) => {
      const total = Math.min(wanted, sum(available));
      expect(equalShares(available, total)).toEqual(equalSharesOracle(available, total));
    }),
  );
});

test('more than there is is refused with both numbers', () => {
  expect(() => equalShares([3, 4], 8)).toThrow(
    expect.objectContaining({ code: 'SVP_E_BUDGET', message: expect.stringMatching(/8[\s\S]*7/) }),
  );
});

test('rows are taken and ordered by class', () => {
  const labels = [0, 1, 0, 1, 1, 0];
  const order = Uint32Array.of(5, 4, 3, 2, 1, 0);
  expect(Array.from(takeShares(order, labels, [1, 2]))).toEqual([5, 4, 3]);
  expect(Array.from(inTurns(order, labels))).toEqual([5, 4, 2, 3, 0, 1]);
  expect(classCounts(order, labels, 3)).toEqual([3, 3, 0]);
});
