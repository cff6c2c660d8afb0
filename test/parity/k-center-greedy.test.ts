import * as fc from 'fast-check';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { addonStatus } from '../../src/native/load';
import { kCenterGreedyOracle } from '../reference/k-center-greedy';
import { makeRows, rowKinds } from '../reference/rows-of-many-kinds';
import { withEnvironment } from '../reference/with-environment';

/** Strategies that the engine is forced into, so that small inputs reach every path. */
const strategies: Record<string, string>[] = [
  {},
  { SVP_KCENTER_FILTER: 'dense' },
  { SVP_KCENTER_FILTER: 'dense', SVP_KCENTER_WAKE: '7', SVP_KCENTER_BLOCK: '3' },
  { SVP_KCENTER_FILTER: 'projected', SVP_KCENTER_FILTER_COLUMNS: '8', SVP_KCENTER_WAKE: '11' },
  { SVP_KCENTER_FILTER: 'projected', SVP_KCENTER_FILTER_COLUMNS: '16', SVP_KCENTER_BLOCK: '5' },
  { SVP_KCENTER_FILTER: 'projected', SVP_KCENTER_FILTER_COLUMNS: '64', SVP_KCENTER_WAKE: '1' },
  { SVP_KCENTER_FILTER: 'projected', SVP_KCENTER_BLOCK: '1' },
];
const sets = addonStatus().availableInstructionSets ?? [];

const cases = fc.record({
  shape: fc.constantFrom(...rowKinds),
  rows: fc.integer({ min: 1, max: 400 }),
  columns: fc.integer({ min: 1, max: 64 }),
  seed: fc.integer({ min: 0, max: 1 << 30 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  initial: fc.integer({ min: 0, max: 12 }),
  strategy: fc.integer({ min: 0, max: strategies.length - 1 }),
  set: fc.integer({ min: 0, max: Math.max(0, sets.length - 1) }),
  threads: fc.integer({ min: 1, max: 8 }),
  cosine: fc.boolean(),
});

test('R1, R2: the picks and radii of the float64 oracle to the bit, whatever the strategy', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      const features = makeRows(c.shape, c.rows, c.columns, c.seed);
      const cosine = c.cosine && !['grid', 'sparse', 'denormal'].includes(c.shape);
      const metric = cosine ? 'cosine' : 'euclidean';
      const initial = Uint32Array.from(
        { length: Math.min(c.initial, c.rows - 1) },
        (_, i) => (i * 7 + c.seed) % c.rows,
      );
      const distinct = Uint32Array.from(new Set(initial));
      const budget = Math.round(c.share * (c.rows - distinct.length));
      const start = c.seed % c.rows;
      const options =
        distinct.length > 0
          ? ({ budget, metric, initial: distinct, assignments: true } as const)
          : ({ budget: Math.max(1, budget), metric, start, assignments: true } as const);
      const expected = kCenterGreedyOracle(features, {
        ...options,
        first: distinct.length > 0 ? [] : [start],
      });
      const environment = { ...strategies[c.strategy], SVP_INSTRUCTION_SET: sets[c.set] };
      const actual = await withEnvironment(environment, () =>
        kCenterGreedy(features, { ...options, threads: c.threads }),
      );
      expect(Array.from(actual.indices)).toEqual(expected.indices);
      expect(actual.radii).toEqual(Float64Array.from(expected.radii));
      expect(Array.from(actual.assignments!)).toEqual(expected.assignments);
      expect(Array.from(actual.clusterSizes!)).toEqual(expected.clusterSizes);
    }),
    {
      numRuns: Number(process.env.SVP_FUZZ_RUNS ?? 300),
      ...(process.env.SVP_FUZZ_SEED ? { seed: Number(process.env.SVP_FUZZ_SEED) } : {}),
    },
  );
}, 600_000);
