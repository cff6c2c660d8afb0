import { Random } from '../../core/random';
import { batchCount } from '../batch-maker';
import { type Batch, checkEpoch, type EpochGuard, type Loader, startGuard } from '../loader-types';
import { epochKey } from '../transforms/crop-flip';
import { type TextDataset, textBatchInto } from './text-dataset';

export interface TextLoaderSpec {
  dataset: TextDataset;
  /** The rows of one epoch, before shuffling. */
  rows: Uint32Array;
  batchSize: number;
  shuffle: boolean;
  seed: number;
  dropLast: boolean;
  signal?: AbortSignal;
}

/**
 * Mini-batches of texts. Codes are only spread out, which takes a tenth of a millisecond for a batch of 128: no thread of its own.
 * The order of an epoch is that of images with the same seed.
 */
export class TextLoader implements Loader {
  readonly mode = 'same-thread';
  readonly batches: number;
  readonly examples: number;
  private readonly guard: EpochGuard;
  private readonly values: Int32Array;
  private readonly labels: Int32Array;
  private readonly indices: Uint32Array;

  constructor(private readonly spec: TextLoaderSpec) {
    const { rows, batchSize, dropLast, dataset } = spec;
    this.batches = batchCount(rows.length, batchSize, dropLast);
    this.examples = dropLast ? this.batches * batchSize : rows.length;
    this.guard = startGuard(spec.signal);
    this.values = new Int32Array(batchSize * dataset.length);
    this.labels = new Int32Array(batchSize);
    this.indices = new Uint32Array(batchSize);
  }

  async *epoch(e: number): AsyncGenerator<Batch, void, void> {
    checkEpoch(e);
    const turn = this.guard.begin();
    const { rows, seed, shuffle } = this.spec;
    const order = shuffle ? new Random(epochKey(seed, e)).shuffle(rows.slice()) : rows;
    for (let b = 0; b < this.batches; b++) {
      this.guard.check(turn);
      yield this.fill(order, b);
    }
  }

  /** Batch `b` of the rows in their order. */
  fill(order: Uint32Array, b: number): Batch {
    const { dataset, batchSize } = this.spec;
    const first = b * batchSize;
    const size = Math.min(batchSize, order.length - first);
    textBatchInto(dataset, order, first, size, this.values);
    for (let i = 0; i < size; i++) {
      this.indices[i] = order[first + i];
      this.labels[i] = dataset.labels[order[first + i]];
    }
    return {
      values: this.values.subarray(0, size * dataset.length),
      labels: this.labels.subarray(0, size),
      indices: this.indices.subarray(0, size),
      size,
    };
  }

  async close(): Promise<void> {
    this.guard.close();
  }
}
