import * as fc from 'fast-check';
import type { Matrix } from '../../src/core/matrix';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { addonStatus } from '../../src/native/load';
import { kCenterGreedyOracle } from '../reference/k-center-greedy';

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

async function withEnvironment<T>(variables: Record<string, string>, body: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await body();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Rows of several characters: spread, grids with ties, duplicates, constant, near-duplicates, offset, tiny, huge. */
const shapes = [
  'normal',
  'grid',
  'duplicates',
  'constant',
  'near',
  'offset',
  'tiny',
  'huge',
  'denormal',
  'sparse',
] as const;

function make(shape: (typeof shapes)[number], rows: number, columns: number, seed: number): Matrix {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => uniform() + uniform() + uniform() + uniform() - 2;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < columns; k++) {
      const at = i * columns + k;
      if (shape === 'normal') data[at] = normal();
      else if (shape === 'grid') data[at] = Math.floor(uniform() * 3) - 1 || -0;
      else if (shape === 'duplicates') data[at] = i % 5 === 0 || i < 5 ? normal() : data[at - 5 * columns];
      else if (shape === 'constant') data[at] = 7.25;
      else if (shape === 'near') data[at] = 1 + (i % 3) + normal() * 1e-6;
      else if (shape === 'offset') data[at] = 1e6 + normal();
      else if (shape === 'tiny') data[at] = normal() * 1e-30;
      else if (shape === 'huge') data[at] = normal() * (i % 7 === 0 ? 1e30 : 1e29);
      else if (shape === 'denormal') data[at] = i % 2 ? normal() * 1e-42 : normal() * 1e-38;
      else data[at] = uniform() < 0.7 ? 0 : Math.abs(normal()) * (1 + (k % 3) * 4);
    }
  }
  return { data, rows, columns };
}

const cases = fc.record({
  shape: fc.constantFrom(...shapes),
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
      const features = make(c.shape, c.rows, c.columns, c.seed);
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
