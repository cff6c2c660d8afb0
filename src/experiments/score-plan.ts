import type { PoolSource } from '../data/pool';
import { SvpError } from '../errors';
import type { OutputName } from '../models/model';
import type { Scorer } from '../scoring/scorer';
import { MEASURES, type UncertaintyMeasure } from '../selection/batch-uncertainty';
import { modelOutputs, type ScoreArray } from './score-pass';

/** What a pass can be asked for; `leastConfidence` and `topK` also by the spellings of the command line. */
export const SCORE_OUTPUTS = ['logits', 'features', 'entropy', 'leastConfidence', 'margin', 'topK'] as const;
export type ScoreOutput = (typeof SCORE_OUTPUTS)[number];

/** Bytes of a batch of inputs, unless its caller says how many items it wants. */
const BATCH_BYTES = 20 << 20;
const BATCH_ITEMS = 256;
/** Of a batch of short rows and what the model gives for them. */
const VECTOR_BATCH_BYTES = 1 << 20;

type PlannedScorer = Pick<Scorer, 'fixedBatch'> & Partial<Pick<Scorer, 'classes' | 'featureSize'>>;

/** What a pass will do, from its options and the shapes of model and pool. */
export interface ScorePlan {
  arrays: ScoreArray[];
  /** Arrays that are needed on the way only: what top-k ranks by. */
  working: ScoreArray[];
  model: OutputName[];
  topK?: { k: number; by: UncertaintyMeasure };
  batchSize: number;
}

/**
 * @param topK how many rows the top-k is to hold
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET (more rows than there are)
 */
export function planScores(
  pool: PoolSource,
  scorer: PlannedScorer,
  options: {
    outputs: readonly ScoreOutput[];
    topK?: number;
    topKBy?: UncertaintyMeasure;
    batchSize?: number;
  },
): ScorePlan {
  const outputs = [...new Set(options.outputs)];
  const arrays = outputs.filter((name): name is ScoreArray => name !== 'topK');
  const working: ScoreArray[] = [];
  let topK: ScorePlan['topK'];
  if (outputs.includes('topK') || options.topK !== undefined) {
    if (options.topK === undefined) {
      throw new SvpError(
        'SVP_E_OPTION',
        'How many rows top-k is to hold is missing: topK: M (--top-k M on the command line).',
        { option: 'topK' },
      );
    }
    if (options.topK > pool.count) {
      throw new SvpError(
        'SVP_E_BUDGET',
        `top-k is to hold ${options.topK} rows, but the pool has ${pool.count}.`,
      );
    }
    const by = options.topKBy ?? MEASURES.find((name) => arrays.includes(name)) ?? 'entropy';
    topK = { k: options.topK, by };
    if (!arrays.includes(by)) working.push(by);
  } else if (options.topKBy !== undefined) {
    throw new SvpError('SVP_E_OPTION', `What to rank by (${options.topKBy}) is for top-k: say topK: M.`, {
      option: 'topKBy',
    });
  }
  const all = [...arrays, ...working];
  return {
    arrays: all,
    working,
    model: modelOutputs(all),
    ...(topK && { topK }),
    batchSize: options.batchSize ?? defaultBatch(pool, scorer),
  };
}

function defaultBatch(
  { itemShape, dtype }: PoolSource,
  { fixedBatch = 1, classes, featureSize }: PlannedScorer,
): number {
  const elements = itemShape.reduce((a, b) => a * b, 1);
  const itemBytes = elements * { uint8: 1, float32: 4, int32: 4, int64: 8 }[dtype];
  const rowBytes = itemBytes + 4 * ((classes ?? 0) + (featureSize ?? 0));
  // Short rows of numbers take a model no time, so handing them over would; texts are integers and take it much memory.
  const vectors = itemShape.length < 2 && !dtype.startsWith('int') && classes !== undefined;
  const items = vectors ? Math.max(BATCH_ITEMS, Math.floor(VECTOR_BATCH_BYTES / rowBytes)) : BATCH_ITEMS;
  const most = Math.min(items, Math.max(1, Math.floor(BATCH_BYTES / Math.max(1, itemBytes))));
  // A power of two, and whole batches for a model that takes no others.
  return Math.max(fixedBatch, Math.floor(2 ** Math.floor(Math.log2(most)) / fixedBatch) * fixedBatch);
}
