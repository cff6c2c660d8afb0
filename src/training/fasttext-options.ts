import { types } from 'node:util';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import type { CallOptions } from '../native/call-options';
import { callOptions } from '../native/call-options';
import { FastTextCorpus, type TextFileOptions } from '../native/fasttext-corpus';
import type { FastTextOutput, FastTextScores } from '../native/fasttext-model';
import { FASTTEXT_OUTPUTS } from '../native/fasttext-model';
import type { EpochRecorder } from './epoch-recorder';

/** What `onEpoch` gets besides the epoch's record. */
export interface FastTextEpochOutcome {
  /** Per trained example, in the order of `indices`: 1 if it was classified correctly when it was presented. */
  correct: Uint8Array;
  /** All epochs so far, those of the training that is gone on with included. */
  epochs: EpochRecord[];
  /** `pool`, scored after the epoch. */
  pool?: FastTextScores;
}

export interface TrainFastTextOptions extends CallOptions, Omit<TextFileOptions, 'signal' | 'onProgress'> {
  /** The training text, one of these three: texts with `labels`, a labelled file or several, a corpus. */
  texts?: readonly string[];
  file?: string | readonly string[];
  corpus?: FastTextCorpus;
  /** One a text: class numbers from 0, or names. */
  labels?: Uint32Array | readonly (string | number)[];
  /** Names of the classes, by number. Default: the labels' own. */
  labelNames?: readonly string[];
  /** Rows to train on; the vocabulary comes from these alone. Default all. */
  indices?: Uint32Array;
  /** Labelled text to report accuracy on: a corpus, or a file of the training file's format. */
  test?: FastTextCorpus | string;
  /** Rows held out from training, to report validation accuracy on. */
  validation?: Uint32Array;
  /** Report both after every epoch rather than only after the last. Default false. */
  evaluateEveryEpoch?: boolean;
  /** Scored after every epoch, for onEpoch. */
  pool?: FastTextCorpus;
  /** Default ['logits']. */
  poolOutputs?: readonly FastTextOutput[];

  /** Length of the embeddings, 1 … 4096. Default 10. */
  dim?: number;
  /** Longest n-gram of words, 1 … 64; 1: words alone. Default 2. */
  wordNgrams?: number;
  /** N-grams are hashed into this many, 1 … 2^30. Default 10,000,000. */
  buckets?: number;
  /** Words that occur less often have no embedding of their own. Default 1. */
  minCount?: number;
  /** Default 5. */
  epochs?: number;
  /** At first; falls linearly to 0 over all epochs. Default 0.05. */
  learningRate?: number;
  /** Present the examples of each epoch in a random order. Default true. */
  shuffle?: boolean;
  /** Of the first values and the order. Default 0. */
  seed?: number;
  /** Count forgetting events: whether each example was right at the moment it was trained on. Default false. */
  trackForgetting?: boolean;
  /** Written after every epoch; when the file exists and `resume` is true, training goes on from it. */
  checkpoint?: { path: string; resume?: boolean };
  /** Is told which examples were right in each epoch, before its checkpoint is written. */
  recorder?: EpochRecorder;
  /** Called after every epoch, and waited for. */
  onEpoch?: (epoch: EpochRecord, outcome: FastTextEpochOutcome) => void | Promise<void>;
}

const corpus = z.custom<FastTextCorpus>(
  (value) => value instanceof FastTextCorpus,
  'must be a FastTextCorpus',
);
const rows = z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array');
const path = z.string().min(1);
const flag = z.boolean().optional();
const any = z.any().optional();

const schema = z.object({
  ...callOptions,
  texts: any,
  file: z.union([path, z.array(path).min(1)]).optional(),
  corpus: corpus.optional(),
  labels: any,
  labelNames: z.array(z.string()).min(1).optional(),
  // Checked where they are used.
  normalize: any,
  format: any,
  labelPrefix: any,
  labelColumn: any,
  textColumns: any,
  header: any,
  indices: rows.optional(),
  validation: rows.optional(),
  test: z.union([path, corpus]).optional(),
  evaluateEveryEpoch: flag,
  pool: corpus.optional(),
  poolOutputs: z.array(z.enum(FASTTEXT_OUTPUTS)).min(1).optional(),
  dim: z.int().min(1).max(4096).default(10),
  wordNgrams: z.int().min(1).max(64).default(2),
  buckets: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(10_000_000),
  minCount: z
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
  epochs: z.int().min(0).max(1_000_000).default(5),
  learningRate: z.number().min(0).max(1e6).default(0.05),
  shuffle: z.boolean().default(true),
  seed: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1)
    .default(0),
  trackForgetting: z.boolean().default(false),
  checkpoint: z.strictObject({ path, resume: flag }).optional(),
  recorder: z
    .custom<EpochRecorder>(
      (value) => typeof (value as EpochRecorder)?.epoch === 'function',
      'must be an object with an epoch method',
    )
    .optional(),
  onEpoch: z
    .custom<NonNullable<TrainFastTextOptions['onEpoch']>>(
      (value) => typeof value === 'function',
      'must be a function',
    )
    .optional(),
});

export type FastTextPlan = z.infer<typeof schema>;

/** The options with their defaults. @throws SvpError SVP_E_OPTION */
export function parseFastTextOptions(options: unknown): FastTextPlan {
  const o = parseOptions(schema, options, 'trainFastText');
  const given = (['texts', 'file', 'corpus'] as const).filter((name) => o[name] !== undefined);
  const wrong = (message: string, option: string) => {
    throw new SvpError('SVP_E_OPTION', `trainFastText: ${message}`, { option });
  };
  if (given.length !== 1)
    wrong(`give one of texts, file and corpus, not ${given.join(' and ') || 'none'}.`, 'texts');
  if (o.texts !== undefined && o.labels === undefined) wrong('texts need labels, one each.', 'labels');
  if (o.texts === undefined && o.labels !== undefined)
    wrong('labels go with texts; files hold their own.', 'labels');
  return o;
}

/** Of the options those that say how a file is read. */
export function textFileOptions(o: FastTextPlan): TextFileOptions {
  const { normalize, format, labelPrefix, labelColumn, textColumns, header, signal } = o;
  const given = { normalize, format, labelPrefix, labelColumn, textColumns, header, signal };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
