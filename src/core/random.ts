import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * The four words of a generator's state from a seed: SplitMix32 steps, so that seeds which differ in one bit (0, 1, 2 …)
 * start far apart. The raw seed as state would make the first draws of neighbouring seeds nearly equal.
 */
function stateFrom(seed: number): number[] {
  let counter = seed | 0;
  return Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) | 0;
    let word = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) | 0;
  });
}

/**
 * A seeded generator (xoroshiro128+): the same seed gives the same draws on every machine and version of this package.
 * Every random choice of the package comes from one of these; none from Math.random. The default seed is 0.
 */
export class Random {
  private readonly generator;
  private spareNormal: number | undefined;

  constructor(seed = 0) {
    this.generator = xoroshiro128plusFromState(stateFrom(seed));
  }

  /** A whole number in [0, bound); bound must be at least 1. */
  below(bound: number): number {
    return uniformInt(this.generator, 0, bound - 1);
  }

  /** A float64 in [0, 1). */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /** A standard normal deviate (Box-Muller). */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Shuffles in place (Fisher-Yates). */
  shuffle<T extends { length: number; [index: number]: number }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
    return values;
  }

  /** 0 … length − 1 in random order. */
  permutation(length: number): Uint32Array {
    const order = new Uint32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** A generator of its own for one part of a run, so that parts do not disturb each other's draws. */
  fork(label: number): Random {
    return new Random((this.below(0x7fffffff) ^ Math.imul(label + 1, 0x9e3779b1)) | 0);
  }
}
