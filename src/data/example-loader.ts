import { SvpError } from '../errors';
import { resolveRows } from './dataset';
import { checkExamples, type Dataset, isImageFiles, isTextDataset } from './examples';
import { ImageFileLoader } from './images/file-loader';
import { createLoader, evaluationBatches, type LoaderOptions } from './loader';
import type { Batch, Loader } from './loader-types';
import { TextLoader } from './text/text-loader';

/** As of createLoader, for a data set of any kind. */
export interface ExampleLoaderOptions extends Omit<LoaderOptions, 'dataset'> {
  dataset: Dataset;
}

/**
 * Mini-batches of any data set for training; see createLoader. `augment` of images in files is the random resized crop and flip,
 * texts have none.
 * @throws SvpError as createLoader; from the iteration SVP_E_FORMAT for an image that cannot be decoded
 */
export function openLoader(options: ExampleLoaderOptions): Loader {
  const { dataset, ...rest } = options;
  checkExamples(dataset);
  if (!isTextDataset(dataset) && !isImageFiles(dataset)) return createLoader({ ...rest, dataset });
  const dropLast = rest.dropLast ?? false;
  const rows = resolveRows(rest.indices, dataset.count).slice();
  const spec = {
    rows: dropLast && rows.length < rest.batchSize ? rows.subarray(0, 0) : rows,
    batchSize: Math.min(checkedSize(rest.batchSize), Math.max(1, rows.length)),
    shuffle: rest.shuffle ?? true,
    seed: rest.seed ?? 0,
    dropLast,
    ...(rest.signal && { signal: rest.signal }),
  };
  try {
    if (isTextDataset(dataset)) return new TextLoader({ ...spec, dataset });
    const threads = rest.worker === 'off' ? { threads: 0 } : {};
    return new ImageFileLoader({ ...spec, ...threads, dataset, augment: Boolean(rest.augment) });
  } catch (cause) {
    if ((cause as Error)?.name !== 'RangeError') throw cause;
    throw new SvpError(
      'SVP_E_MEMORY',
      `Batches of ${rest.batchSize} examples do not fit into memory. Use a smaller batchSize.`,
      { cause },
    );
  }
}

function checkedSize(batchSize: number): number {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SvpError('SVP_E_OPTION', `batchSize must be a whole number of at least 1, not ${batchSize}.`, {
      option: 'batchSize',
    });
  }
  return batchSize;
}

/**
 * Batches in the order of `indices` (default: all rows in order), never augmented, for evaluation and scoring. The arrays
 * of a batch are reused: valid until the next batch is asked for.
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX, SVP_E_OPTION, SVP_E_ABORT; SVP_E_FORMAT for an image that cannot be decoded
 */
export async function* exampleBatches(
  dataset: Dataset,
  indices: Uint32Array | undefined,
  batchSize: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch, void, void> {
  checkExamples(dataset);
  if (!isTextDataset(dataset) && !isImageFiles(dataset)) {
    yield* evaluationBatches(dataset, indices, batchSize);
    return;
  }
  const loader = openLoader({
    dataset,
    batchSize,
    shuffle: false,
    ...(indices && { indices }),
    ...(signal && { signal }),
  });
  try {
    yield* loader.epoch(0);
  } finally {
    await loader.close();
  }
}
