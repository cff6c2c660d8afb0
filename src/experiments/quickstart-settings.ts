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

const SHARED = {
  dataset: 'fashion-mnist',
  fraction: 0.5,
  methods: ['random', 'entropy', 'forgetting-events', 'k-centers'],
  oracle: 'forgetting-events',
  initialShare: 0.02,
  gallery: 24,
};

/**
 * With a few epochs there is no time for augmentation to pay, and a last epoch or two at small rates settles the weights and
 * the running statistics: measured, 86 % after four epochs on 6,000 images, against 80 % at one large rate throughout. Weight
 * decay on everything, as the paper's code has it.
 */
const few = { batchSize: 32, augment: false, decayBatchNorm: true };

/** The two profiles. Sizes are chosen for two cores: the measured times are in docs/guides/quickstart.md. */
export const QUICKSTART_PROFILES: Readonly<Record<'standard' | 'fast', QuickstartSettings>> = Object.freeze({
  standard: {
    ...SHARED,
    pool: 3_000,
    test: 2_500,
    proxy: { ...few, arch: 'preact8', width: 8, epochs: [2, 1], learningRates: [0.05, 0.01] },
    target: { ...few, arch: 'preact20', width: 12, epochs: [3, 1, 1], learningRates: [0.05, 0.01, 0.002] },
  },
  fast: {
    ...SHARED,
    pool: 800,
    test: 1_000,
    proxy: { ...few, arch: 'preact8', width: 8, epochs: [2, 1], learningRates: [0.05, 0.01] },
    target: { ...few, arch: 'preact20', width: 8, epochs: [3, 1], learningRates: [0.05, 0.01] },
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
