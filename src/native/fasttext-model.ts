import { types } from 'node:util';
import { z } from 'zod';
import type { Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import { type CallOptions, callOptions } from './call-options';
import type { NativeFastText } from './fasttext-contract';
import { FastTextCorpus, textCorpus } from './fasttext-corpus';
import type { ForgettingTracker } from './forgetting-tracker';
import { runJob, toSvpError } from './job';
import { instructionSet, loadAddon } from './load';

export const FASTTEXT_OUTPUTS = ['logits', 'probabilities', 'features'] as const;
export type FastTextOutput = (typeof FASTTEXT_OUTPUTS)[number];

export interface FastTextScoreOptions extends CallOptions {
  /** Default ['logits']. */
  outputs?: readonly FastTextOutput[];
  /** Rows of the corpus to score, in this order. Default all. */
  indices?: Uint32Array;
}

/** A matrix for each output that was asked for, a row an example. */
export interface FastTextScores {
  /** × classes, before the softmax. */
  logits?: Matrix;
  /** × classes. */
  probabilities?: Matrix;
  /** × dim: the averaged embedding, which is all that the classes are told from. */
  features?: Matrix;
}

export interface FastTextPrediction {
  /** The likeliest class of each example; of equals the lowest. */
  labels: Uint32Array;
  /** Its probability. */
  probabilities: Float32Array;
}

const scoreSchema = z.object({
  ...callOptions,
  outputs: z.array(z.enum(FASTTEXT_OUTPUTS)).min(1).optional(),
  indices: z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array').optional(),
});

/** What is written beside the numbers: as JSON. */
export interface FastTextHeader {
  labelNames: string[];
  normalize: boolean;
  /** Of a training that is under way. */
  training?: unknown;
}

/** What training a model gave besides the model. */
export interface FastTextTraining {
  /** One per epoch; trainLoss and trainAccuracy are those of each example at the moment it was trained on. */
  epochs: EpochRecord[];
  examples: number;
  /** Words of the training text, one for the end of each example included. */
  tokens: number;
  /** Wall clock of the training steps, without reading and scoring. */
  seconds: number;
  /** Of the training steps: tokens × epochs / seconds. */
  wordsPerSecond: number;
  trainAccuracy: number;
  testAccuracy?: number;
  validationAccuracy?: number;
  /** Length: the examples of the corpus; those outside `indices` were never presented. */
  forgetting?: ForgettingTracker;
}

/** A trained fastText classifier. Its memory goes with the object. */
export class FastTextModel {
  readonly dim: number;
  readonly wordNgrams: number;
  readonly buckets: number;
  readonly minCount: number;
  readonly seed: number;
  /** Different words that it knows. */
  readonly words: number;
  /** Trained parameters: dim × (words + n-grams that occurred + classes). */
  readonly parameters: number;
  /** Names of the classes, by number. */
  readonly labelNames: readonly string[];
  /** Texts are normalised before they are scored, as the training text was. */
  readonly normalize: boolean;

  /** How it was trained, where that was in this process. */
  training?: FastTextTraining;

  /** @internal */
  constructor(
    readonly native: NativeFastText,
    { labelNames, normalize }: FastTextHeader,
  ) {
    const described = loadAddon().fastTextDescribe(native);
    this.dim = described.dim;
    this.wordNgrams = described.wordNgrams;
    this.buckets = described.buckets;
    this.minCount = described.minCount;
    this.seed = described.seed;
    this.words = described.words;
    this.parameters = described.dim * (described.rows + described.classes);
    this.labelNames = labelNames;
    this.normalize = normalize;
  }

  get classes(): number {
    return this.labelNames.length;
  }

  /**
   * Scores texts, or rows of a corpus. The same bits for every number of threads and instruction set.
   * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX, SVP_E_OPTION, SVP_E_MEMORY, SVP_E_ABORT
   */
  async score(
    input: readonly string[] | FastTextCorpus,
    options?: FastTextScoreOptions,
  ): Promise<FastTextScores> {
    const o = parseOptions(scoreSchema, options, 'score');
    const { signal } = o;
    const corpus =
      input instanceof FastTextCorpus
        ? input
        : await textCorpus(input, { normalize: this.normalize, signal });
    if (corpus.normalize !== this.normalize) {
      throw new SvpError(
        'SVP_E_OPTION',
        `The model was trained on text with normalize: ${this.normalize}, the corpus was read with ${corpus.normalize}. Read it again with the model's.`,
        { option: 'normalize' },
      );
    }
    const rows = o.indices?.length ?? corpus.examples;
    const outside = o.indices?.findIndex((index) => index >= corpus.examples) ?? -1;
    if (outside >= 0) {
      throw new SvpError(
        'SVP_E_INDEX',
        `indices[${outside}] is ${o.indices![outside]}, but the corpus has ${corpus.examples} examples.`,
      );
    }
    const wanted = new Set<FastTextOutput>(o.outputs ?? ['logits']);
    const scores: FastTextScores = {};
    for (const output of wanted) {
      const columns = output === 'features' ? this.dim : this.classes;
      const data = allocate(Float32Array, rows * columns, `The ${output} of ${rows} examples`);
      scores[output] = { data, rows, columns };
    }
    const addon = loadAddon();
    await runJob(
      () =>
        addon.fastTextScore(
          this.native,
          corpus.native,
          o.indices ?? null,
          scores.logits?.data ?? null,
          scores.probabilities?.data ?? null,
          scores.features?.data ?? null,
          o.threads ?? 0,
          instructionSet(),
        ),
      { signal, onProgress: o.onProgress, stage: 'scoring text', unit: 'examples', total: rows },
    );
    return scores;
  }

  /**
   * The likeliest class of each text.
   * @throws SvpError as score
   */
  async predict(
    input: readonly string[] | FastTextCorpus,
    options?: Omit<FastTextScoreOptions, 'outputs'>,
  ): Promise<FastTextPrediction> {
    const { probabilities: all } = await this.score(input, { ...options, outputs: ['probabilities'] });
    const { data, rows, columns } = all!;
    const labels = new Uint32Array(rows);
    const probabilities = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      let best = 0;
      for (let c = 1; c < columns; c++) if (data[row * columns + c] > data[row * columns + best]) best = c;
      labels[row] = best;
      probabilities[row] = data[row * columns + best];
    }
    return { labels, probabilities };
  }

  /**
   * Words by falling frequency, with their counts in the training text and their embeddings (count × dim).
   * @throws SvpError SVP_E_INDEX beyond `words`
   */
  vocabulary(
    first = 0,
    count = this.words - first,
  ): { words: string[]; counts: number[]; embeddings: Matrix } {
    const data = allocate(Float32Array, Math.max(0, count) * this.dim, `The embeddings of ${count} words`);
    try {
      const { words, counts } = loadAddon().fastTextRows(this.native, first, count, data);
      return { words, counts, embeddings: { data, rows: count, columns: this.dim } };
    } catch (error) {
      throw toSvpError(error);
    }
  }

  /**
   * Writes the model, whole or not at all, with a checksum.
   * @throws SvpError SVP_E_WRITE, SVP_E_ABORT
   */
  async save(path: string, options?: Omit<CallOptions, 'threads'>): Promise<void> {
    const { labelNames, normalize } = this;
    await writeModel(this, path, '', { labelNames: [...labelNames], normalize }, NO_COUNTERS, options ?? {});
  }
}

/** Forgetting counters, as they lie in a file. */
export interface FastTextCounters {
  presentations: Uint32Array;
  events: Uint32Array;
  state: Uint8Array;
}

const NO_COUNTERS: FastTextCounters = {
  presentations: new Uint32Array(0),
  events: new Uint32Array(0),
  state: new Uint8Array(0),
};

/** @internal A model, and what `header` and the counters say of its training. */
export async function writeModel(
  model: FastTextModel,
  path: string,
  previous: string,
  header: FastTextHeader,
  counters: FastTextCounters = NO_COUNTERS,
  o: Omit<CallOptions, 'threads'> = {},
): Promise<void> {
  const json = new Uint8Array(Buffer.from(JSON.stringify(header)));
  const { presentations, events, state } = counters;
  await runJob(
    () => loadAddon().fastTextSave(model.native, path, previous, json, presentations, events, state),
    { ...o, stage: 'saving the model', unit: 'rows', total: model.parameters / model.dim },
  );
}

/** @internal Everything of a file that writeModel wrote. */
export async function readModel(
  path: string,
  training: boolean,
  o: Omit<CallOptions, 'threads'> = {},
): Promise<{ model: FastTextModel; header: FastTextHeader; counters: FastTextCounters }> {
  const { model, text, ...counters } = await runJob(() => loadAddon().fastTextLoad(path, training), {
    ...o,
    stage: 'loading the model',
    unit: 'rows',
    total: 0,
  });
  let header: FastTextHeader;
  try {
    header = JSON.parse(Buffer.from(text).toString('utf8')) as FastTextHeader;
    if (header.labelNames.length !== loadAddon().fastTextDescribe(model).classes) throw new Error('classes');
  } catch (cause) {
    throw new SvpError('SVP_E_CHECKPOINT', `${path} is damaged: its header and its numbers disagree.`, {
      file: path,
      cause,
    });
  }
  return { model: new FastTextModel(model, header), header, counters };
}

/**
 * A model that save() wrote.
 * @throws SvpError SVP_E_FILE, SVP_E_CHECKPOINT (damaged, cut short, of another version), SVP_E_MEMORY, SVP_E_ABORT
 */
export async function loadFastText(
  path: string,
  options?: Omit<CallOptions, 'threads'>,
): Promise<FastTextModel> {
  return (await readModel(path, false, options)).model;
}
