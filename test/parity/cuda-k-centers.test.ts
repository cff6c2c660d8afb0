import * as fc from 'fast-check';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { kCenterGreedyOracle } from '../reference/k-center-greedy';
import { makeRows, rowKinds } from '../reference/rows-of-many-kinds';
import { withEnvironment } from '../reference/with-environment';
import { onHost, testOnHost, whyNot } from './cuda-host';

/** Devices that the stand-in pretends to be: filters, several devices, room for a part of the features, short lists. */
const devices = [
  '',
  'filter=bf16',
  'filter=tf32',
  'host-devices=2',
  'list=4096',
  'host-devices=3 filter=tf32 list=4096',
  'memory=1500000',
  'memory=1500000 host-devices=2 filter=bf16',
];
const blocks = ['', '1', '3', '40'];

const cases = fc.record({
  shape: fc.constantFrom(...rowKinds),
  rows: fc.integer({ min: 1, max: 400 }),
  columns: fc.integer({ min: 1, max: 64 }),
  seed: fc.integer({ min: 0, max: 1 << 30 }),
  share: fc.double({ min: 0, max: 0.6, noNaN: true }),
  initial: fc.integer({ min: 0, max: 12 }),
  device: fc.integer({ min: 0, max: devices.length - 1 }),
  block: fc.integer({ min: 0, max: blocks.length - 1 }),
  cosine: fc.boolean(),
});

testOnHost(
  `R1, R2: the CUDA kernels, compiled for this processor, pick as the float64 oracle, to the bit${whyNot}`,
  async () => {
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
        const actual = await withEnvironment({ SVP_KCENTER_BLOCK: blocks[c.block] }, () =>
          onHost(devices[c.device], () => kCenterGreedy(features, { ...options, device: 'cuda' })),
        );
        expect(actual.stats.backend).toBe('cuda');
        expect(Array.from(actual.indices)).toEqual(expected.indices);
        expect(actual.radii).toEqual(Float64Array.from(expected.radii));
        expect(Array.from(actual.assignments!)).toEqual(expected.assignments);
        expect(Array.from(actual.clusterSizes!)).toEqual(expected.clusterSizes);
      }),
      {
        numRuns: Number(process.env.SVP_FUZZ_RUNS ?? 60),
        ...(process.env.SVP_FUZZ_SEED ? { seed: Number(process.env.SVP_FUZZ_SEED) } : {}),
      },
    );
  },
  600_000,
);

testOnHost(
  `a pool of several tiles, streamed, on one device and on two, picks as the processor does${whyNot}`,
  async () => {
    const features = makeRows('normal', 2600, 72, 5);
    const options = { budget: 150, start: 3, assignments: true } as const;
    const cpu = await kCenterGreedy(features, { ...options, device: 'cpu' });
    expect(cpu.stats.backend).toBe('cpu');
    for (const settings of ['', 'host-devices=2', 'memory=900000', 'memory=900000 host-devices=2']) {
      const cuda = await onHost(settings, () => kCenterGreedy(features, { ...options, device: 'cuda' }));
      expect(cuda.stats.backend).toBe('cuda');
      // The filter must leave little to decide, or it would be right by doing nothing.
      expect(cuda.stats.refinedShare).toBeLessThan(0.2);
      // Features and their filter take 1.2 MB: these devices have no room for them.
      if (settings.includes('memory')) expect(cuda.stats.peakBytes).toBeLessThan(1_800_000);
      expect(cuda.indices).toEqual(cpu.indices);
      expect(cuda.radii).toEqual(cpu.radii);
      expect(cuda.assignments).toEqual(cpu.assignments);
    }
  },
  300_000,
);

testOnHost(
  `random first picks, classes and a radius: as the processor${whyNot}`,
  async () => {
    const features = makeRows('sparse', 300, 20, 9);
    const labels = Uint32Array.from({ length: 300 }, (_, i) => i % 3);
    for (const options of [
      { budget: 120, randomInitial: 90, seed: 4 },
      { budget: 60, classes: { labels }, seed: 2, assignments: true },
      { budget: 299, start: 1, radius: 6 },
    ]) {
      const cpu = await kCenterGreedy(features, { ...options, device: 'cpu' });
      const cuda = await onHost('', () => kCenterGreedy(features, { ...options, device: 'cuda' }));
      expect(cuda.indices).toEqual(cpu.indices);
      expect(cuda.radii).toEqual(cpu.radii);
      expect(cuda.assignments).toEqual(cpu.assignments);
    }
  },
  300_000,
);
