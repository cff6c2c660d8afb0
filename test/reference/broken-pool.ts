import type { PoolSource } from '../../src/data/pool';

/** Items of a pool for scorers: N vectors of COLUMNS values. */
export const N = 53;
export const COLUMNS = 6;
export const items = Float32Array.from({ length: N * COLUMNS }, (_, i) => 3 * Math.sin(i * 2.3));

/** A pool of these items in which some are broken. */
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
