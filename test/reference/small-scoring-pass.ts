/** A tiny ONNX model over 53 rows of 6 values, with known answers, for the tests of scoring passes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../../src/data/formats/npy';
import type { PoolSource } from '../../src/data/pool';
import type { ScorePoolOptions } from '../../src/experiments/score-options';
import { scorePool } from '../../src/experiments/score-pool';
import { classifier, classify } from './onnx-model';

export const folder = mkdtempSync(join(tmpdir(), 'svp-score-'));
export const model = join(folder, 'model.onnx');
export const N = 53;
export const items = Float32Array.from({ length: N * 6 }, (_, i) => 3 * Math.sin(i * 2.3));
export const matrix = { data: items, rows: N, columns: 6 };
export const pool = join(folder, 'pool.npy');
export const expected = Array.from({ length: N }, (_, i) => classify(items.subarray(i * 6, i * 6 + 6)));
let outs = 0;
export const fresh = () => join(folder, `out${outs++}`);
export const score = (options: Partial<ScorePoolOptions>) =>
  scorePool({ model, pool, outputs: ['entropy'], batchSize: 8, threads: 1, ...options });
export const ALL = ['logits', 'features', 'entropy', 'leastConfidence', 'margin'] as const;

/** A pool of the matrix's rows in which some are broken. */
export function withBroken(rows: number[], each?: (first: number) => Promise<void> | void): PoolSource {
  return {
    name: 'broken pool',
    count: N,
    itemShape: [6],
    dtype: 'float32',
    itemNames: Array.from({ length: N }, (_, i) => `item-${i}`),
    fingerprint: async () => `broken ${rows}`,
    close: async () => {},
    async *batches({ batchSize, first = 0 }) {
      for (let from = first; from < N; from += batchSize) {
        await each?.(from);
        const size = Math.min(batchSize, N - from);
        const values = items.slice(from * 6, (from + size) * 6);
        const broken = rows
          .filter((row) => row >= from && row < from + size)
          .map((row) => ({ row, item: `item-${row}`, reason: 'torn' }));
        for (const { row } of broken) values.fill(0, (row - from) * 6, (row - from + 1) * 6);
        yield { first: from, size, values, broken };
      }
    },
  };
}

/** Writes the model and the pool, and takes everything away at the end of the test file. */
export function setUpSmallPass(): void {
  beforeAll(async () => {
    writeFileSync(model, classifier({ shape: [6] }));
    await writeNpy(pool, items, [N, 6]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
}
