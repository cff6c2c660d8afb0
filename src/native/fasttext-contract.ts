/** The part of the addon's surface that is fastText (contract.ts says how it is held). */
import type { NativeJob } from './contract';

/** Text as word numbers, in the engine's memory. Filled by the calls that take it, then only read. */
export type NativeCorpus = { readonly nativeCorpus: unique symbol };
/** A model in the engine's memory. While a job trains it, every other call that takes it throws. */
export type NativeFastText = { readonly nativeFastText: unique symbol };

/** What the bytes of a corpus mean. */
export interface NativeTextFormat {
  /** An example a line; the same with labels in it; or CSV records. */
  kind: 'text' | 'labelled' | 'csv';
  normalize: boolean;
  labelPrefix: string;
  /** csv; null where no column is a label. */
  labelColumn: number | null;
  /** csv; empty: all but the label's. */
  textColumns: Uint32Array;
  header: boolean;
}

export interface NativeCorpusDescription {
  examples: number;
  tokens: number;
  /** Different words. */
  words: number;
  labelNames: string[];
  /** Positions in labelNames, one an example where the format has labels. */
  labels: Uint32Array;
}

export interface NativeFastTextOptions {
  dim: number;
  wordNgrams: number;
  buckets: number;
  minCount: number;
  seed: number;
}

/** One epoch of a training: the rate falls linearly from `learningRate` to 0 over all of them. */
export interface NativeFastTextEpoch {
  /** From 0. */
  epoch: number;
  epochs: number;
  learningRate: number;
  shuffle: boolean;
}

export interface FastTextOperations {
  fastTextCorpus(format: NativeTextFormat): NativeCorpus;

  /** Adds all of a file. Progress counts bytes. */
  fastTextCorpusFile(corpus: NativeCorpus, path: string): NativeJob<void>;

  /** Adds the next bytes of a file, cut anywhere. */
  fastTextCorpusPush(corpus: NativeCorpus, bytes: Uint8Array, last: boolean): NativeJob<void>;

  /** Adds texts: the i-th ends before bytes[ends[i]]. */
  fastTextCorpusTexts(corpus: NativeCorpus, bytes: Uint8Array, ends: Uint32Array): NativeJob<void>;

  fastTextCorpusDescribe(corpus: NativeCorpus): NativeCorpusDescription;

  /**
   * A new model for these examples (null: all) of a corpus, or, with `model`, one that is there made ready to be trained
   * further on the text that it was made from. `hash` tells two texts apart.
   */
  fastTextStart(
    corpus: NativeCorpus,
    indices: Uint32Array | null,
    model: NativeFastText | null,
    classes: number,
    options: NativeFastTextOptions,
    threads: number,
  ): NativeJob<{ model: NativeFastText; tokens: number; hash: string }>;

  /** Presents each example once. labels and outputCorrect (null: not wanted) are in the order of fastTextStart's indices. */
  fastTextEpoch(
    model: NativeFastText,
    labels: Uint32Array,
    schedule: NativeFastTextEpoch,
    outputCorrect: Uint8Array | null,
    threads: number,
    instructionSet: string,
  ): NativeJob<{ loss: number; correct: number }>;

  /** Rows × classes, rows × classes, rows × dim; null leaves an output out. */
  fastTextScore(
    model: NativeFastText,
    corpus: NativeCorpus,
    indices: Uint32Array | null,
    outputLogits: Float32Array | null,
    outputProbabilities: Float32Array | null,
    outputFeatures: Float32Array | null,
    threads: number,
    instructionSet: string,
  ): NativeJob<void>;

  /** Whole or not at all; the old file is renamed to `previous`, or with '' replaced. The arrays are copied at once. */
  fastTextSave(
    model: NativeFastText,
    path: string,
    previous: string,
    text: Uint8Array,
    presentations: Uint32Array,
    events: Uint32Array,
    state: Uint8Array,
  ): NativeJob<void>;

  /** counters: whether those of a training are wanted; else they come empty. */
  fastTextLoad(
    path: string,
    counters: boolean,
  ): NativeJob<{
    model: NativeFastText;
    text: Uint8Array;
    presentations: Uint32Array;
    events: Uint32Array;
    state: Uint8Array;
  }>;

  fastTextDescribe(model: NativeFastText): NativeFastTextOptions & {
    classes: number;
    words: number;
    /** Words and n-grams. */
    rows: number;
  };

  /** Words first … first + count − 1 by falling frequency; their embeddings go into outputValues (count × dim). */
  fastTextRows(
    model: NativeFastText,
    first: number,
    count: number,
    outputValues: Float32Array,
  ): { words: string[]; counts: number[] };
}

export const FASTTEXT_CONTRACT = {
  fastTextCorpus: ['format'],
  fastTextCorpusFile: ['corpus', 'path'],
  fastTextCorpusPush: ['corpus', 'bytes', 'last'],
  fastTextCorpusTexts: ['corpus', 'bytes', 'ends'],
  fastTextCorpusDescribe: ['corpus'],
  fastTextStart: ['corpus', 'indices', 'model', 'classes', 'options', 'threads'],
  fastTextEpoch: ['model', 'labels', 'schedule', 'outputCorrect', 'threads', 'instructionSet'],
  fastTextScore: [
    'model',
    'corpus',
    'indices',
    'outputLogits',
    'outputProbabilities',
    'outputFeatures',
    'threads',
    'instructionSet',
  ],
  fastTextSave: ['model', 'path', 'previous', 'text', 'presentations', 'events', 'state'],
  fastTextLoad: ['path', 'counters'],
  fastTextDescribe: ['model'],
  fastTextRows: ['model', 'first', 'count', 'outputValues'],
} as const satisfies {
  [Name in keyof FastTextOperations]: readonly string[] & {
    length: Parameters<FastTextOperations[Name]>['length'];
  };
};
