import { throwIfAborted } from '../../core/abort';
import { resolveRows } from '../dataset';
import { type Dataset, examplesHash, isImageFiles, isTextDataset, takeExamples } from '../examples';
import type { ImageFileDataset } from '../image-files';
import { imageFilePool } from '../image-folder';
import { imagePlan } from '../images/plan';
import type { PoolBatch, PoolBatchOptions, PoolSource } from '../pool';
import { type TextDataset, textBatchInto } from '../text/text-dataset';
import { datasetPool } from './array-pool';

/**
 * A data set of any kind as a pool, with the evaluation transform: images as bytes with their normalisation, texts as
 * int32 codes.
 * @param indices rows to deliver, in this order; default all
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX
 */
export function examplesPool(dataset: Dataset, indices?: Uint32Array): PoolSource {
  if (isTextDataset(dataset)) return textPool(dataset, resolveRows(indices, dataset.count));
  if (isImageFiles(dataset))
    return filePool(indices ? takeExamples(dataset, resolveRows(indices, dataset.count)) : dataset);
  return datasetPool(dataset, indices);
}

function filePool(dataset: ImageFileDataset): PoolSource {
  const { name, height, width, channels, resize, mean, std } = dataset;
  const plan = imagePlan({ layout: 'nhwc', dtype: 'uint8', height, width, channels, resize }, name);
  return imageFilePool(name, dataset, plan, { mean, std });
}

function textPool(dataset: TextDataset, rows: Uint32Array): PoolSource {
  const { name, length } = dataset;
  async function* batches({ batchSize, first = 0, signal }: PoolBatchOptions): AsyncGenerator<PoolBatch> {
    for (let from = first; from < rows.length; from += batchSize) {
      throwIfAborted(signal);
      const size = Math.min(batchSize, rows.length - from);
      const values = new Int32Array(size * length);
      textBatchInto(dataset, rows, from, size, values);
      yield { first: from, size, values, broken: [] };
    }
  }
  return {
    name,
    count: rows.length,
    itemShape: [length],
    dtype: 'int32',
    batches,
    fingerprint: async () => examplesHash(takeExamples(dataset, rows)),
    close: async () => {},
  };
}
