import * as fc from 'fast-check';
import { Random } from '../../../src/core/random';

describe('Random', () => {
  it('gives the same draws for the same seed, on every machine', () => {
    // Known draws: a change here would change every seeded selection of every user.
    const random = new Random(0);
    const draws = Array.from({ length: 6 }, () => random.below(1000));
    expect(draws).toEqual([838, 66, 142, 36, 255, 25]);
  });

  it('starts neighbouring seeds far apart', () => {
    const firsts = Array.from({ length: 2000 }, (_, seed) => new Random(seed).uniform());
    const mean = firsts.reduce((a, b) => a + b, 0) / firsts.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = firsts.filter((u) => Math.floor(u * 10) === tenth).length / firsts.length;
      expect(share).toBeGreaterThan(0.06);
      expect(share).toBeLessThan(0.14);
    }
  });

  it('draws normal deviates with mean 0 and variance 1', () => {
    const random = new Random(7);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('permutes: every index once', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (seed, length) => {
        const order = new Random(seed).permutation(length);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  it('forks into generators that do not follow each other', () => {
    const random = new Random(3);
    const a = random.fork(0);
    const b = random.fork(1);
    const same = Array.from({ length: 100 }, () => a.below(1000) === b.below(1000)).filter(Boolean).length;
    expect(same).toBeLessThan(5);
  });
});
