import { z } from 'zod';
import { type Network, networkShape } from './network';

/** Everything that decides what the quickstart does and how long it takes. */
export interface QuickstartSettings {
  dataset: string;
  /** Random part of the train split that can be kept. */
  pool: number;
  /** Random part of the test split, the same for every training. */
  test: number;
  /** Share of the pool that every subset keeps. */
  fraction: number;
  proxy: Network;
  target: Network;
  /** Methods that choose by the proxy, or at random. */
  methods: string[];
  /** How the target chooses for itself. */
  oracle: string;
  /** k-centers starts with this share of the pool at random (the paper: 1,000 of 50,000). */
  initialShare: number;
  /** Images of each gallery. */
  gallery: number;
}

/** The two profiles. Sizes are chosen for two cores: the measured times are in docs/guides/quickstart.md. */
export const QUICKSTART_PROFILES: Readonly<Record<'standard' | 'fast', QuickstartSettings>> = Object.freeze({
  standard: {
    dataset: 'fashion-mnist',
    pool: 10_000,
    test: 5_000,
    fraction: 0.5,
    proxy: { arch: 'preact8', width: 8, epochs: [1, 3, 1], learningRates: [0.01, 0.1, 0.01], batchSize: 128 },
    target: {
      arch: 'preact20',
      width: 16,
      epochs: [1, 2, 1],
      learningRates: [0.01, 0.1, 0.01],
      batchSize: 128,
    },
    methods: ['random', 'entropy', 'forgetting-events', 'k-centers'],
    oracle: 'forgetting-events',
    initialShare: 0.02,
    gallery: 24,
  },
  fast: {
    dataset: 'fashion-mnist',
    pool: 2_000,
    test: 2_000,
    fraction: 0.5,
    proxy: { arch: 'preact8', width: 8, epochs: [1, 3, 1], learningRates: [0.01, 0.1, 0.01], batchSize: 64 },
    target: {
      arch: 'preact20',
      width: 16,
      epochs: [1, 2, 1],
      learningRates: [0.01, 0.1, 0.01],
      batchSize: 64,
    },
    methods: ['random', 'entropy', 'forgetting-events', 'k-centers'],
    oracle: 'forgetting-events',
    initialShare: 0.02,
    gallery: 24,
  },
});

/** What a caller may change of a profile. */
export const settingsShape = z.object({
  dataset: z.string().optional(),
  pool: z.int().min(2).optional(),
  test: z.int().min(1).optional(),
  fraction: z.number().gt(0).max(1).optional(),
  proxy: networkShape.optional(),
  target: networkShape.optional(),
  methods: z.array(z.string()).min(1).optional(),
  oracle: z.string().optional(),
  initialShare: z.number().min(0).max(1).optional(),
  gallery: z.int().min(0).optional(),
});
