import type { OnProgress } from '../core/progress';
import type { ImageSplits } from '../data/dataset';
import { loadDataset } from '../data/datasets/registry';

/** A named data set (each process loads it from the cache by itself), or one in memory (sent to the child once). */
export type DatasetSource = { name: string; cacheDirectory?: string } | ImageSplits;

/** The source that a public call's `dataset` and `cacheDirectory` mean. */
export function sourceOf(dataset: string | ImageSplits, cacheDirectory?: string): DatasetSource {
  if (typeof dataset !== 'string') return dataset;
  return { name: dataset, ...(cacheDirectory === undefined ? {} : { cacheDirectory }) };
}

/** @throws what `loadDataset` throws */
export async function loadSource(
  source: DatasetSource,
  options: { signal?: AbortSignal; onProgress?: OnProgress } = {},
): Promise<ImageSplits> {
  if ('train' in source) return source;
  const { name, ...where } = source;
  const { signal, onProgress } = options;
  return loadDataset(name, {
    ...where,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}
