import type { Matrix } from '../core/matrix';
import type { BrokenItem } from '../data/pool';
import { SvpError } from '../errors';
import type { ScoreArray, ScoredBatch } from './score-pass';
import { LISTED_BROKEN } from './score-progress';

/** The outputs of a pass in memory, for a caller who wants arrays back. */
export class ScoreArrays {
  readonly broken: { count: number; items: BrokenItem[] } = { count: 0, items: [] };
  private readonly arrays: Map<ScoreArray, Float32Array>;

  /** @throws SvpError SVP_E_MEMORY */
  constructor(
    private readonly count: number,
    private readonly columns: Partial<Record<ScoreArray, number | undefined>>,
  ) {
    this.arrays = new Map(
      (Object.entries(columns) as [ScoreArray, number | undefined][]).map(([name, width = 1]) => [
        name,
        allocate(name, count, width),
      ]),
    );
  }

  write({ first, arrays, broken }: ScoredBatch): void {
    for (const [name, into] of this.arrays) into.set(arrays[name]!, first * (this.columns[name] ?? 1));
    this.broken.count += broken.length;
    this.broken.items.push(...broken.slice(0, LISTED_BROKEN - this.broken.items.length));
  }

  async *column(name: ScoreArray): AsyncGenerator<{ first: number; scores: Float32Array }> {
    yield { first: 0, scores: this.arrays.get(name)! };
  }

  /** @param without arrays that were needed on the way only */
  results(without: readonly ScoreArray[]): {
    logits?: Matrix;
    features?: Matrix;
    entropy?: Float32Array;
    leastConfidence?: Float32Array;
    margin?: Float32Array;
  } {
    const kept = [...this.arrays].filter(([name]) => !without.includes(name));
    return Object.fromEntries(
      kept.map(([name, data]) => {
        const columns = this.columns[name];
        return [name, columns === undefined ? data : { data, rows: this.count, columns }];
      }),
    );
  }
}

function allocate(name: ScoreArray, rows: number, columns: number): Float32Array {
  try {
    return new Float32Array(rows * columns);
  } catch (cause) {
    const gibibytes = ((rows * columns * 4) / 2 ** 30).toFixed(1);
    throw new SvpError(
      'SVP_E_MEMORY',
      `The ${name} of ${rows} × ${columns} float32 values need ${gibibytes} GiB, which there are not. Have them written to a folder (out), or score the pool in parts.`,
      { cause },
    );
  }
}
