import type { OnProgress } from '../core/progress';
import type { ImageSplits } from '../data/dataset';
import { type LoadOptions, loadExamples } from '../data/datasets/registry';
import { inputText, isImageFiles, isTextDataset, type Splits } from '../data/examples';
import { SvpError } from '../errors';

/** A data set by name or path (each process loads it by itself), or one in memory (sent to the child once). */
export type DatasetSource = NamedSource | Splits;

/** Where a data set lies, and how images in files are read. */
type Whereabouts = Pick<LoadOptions, 'cacheDirectory' | 'imageSize' | 'resizedCache'>;

interface NamedSource extends Whereabouts {
  name: string;
}

/** The source that a public call's `dataset` and where-abouts mean. */
export function sourceOf(
  dataset: string | Splits,
  { cacheDirectory, imageSize, resizedCache }: Whereabouts = {},
): DatasetSource {
  if (typeof dataset !== 'string') return dataset;
  return {
    name: dataset,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(imageSize === undefined ? {} : { imageSize }),
    ...(resizedCache === undefined ? {} : { resizedCache }),
  };
}

/** @throws what `loadExamples` throws */
export async function loadSource(
  source: DatasetSource,
  options: { signal?: AbortSignal; onProgress?: OnProgress } = {},
): Promise<Splits> {
  if ('train' in source) return source;
  const { name, ...where } = source;
  const { signal, onProgress } = options;
  return loadExamples(name, {
    ...where,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

/** As loadSource, for what shows images. @throws SvpError SVP_E_OPTION for other kinds of data */
export async function loadImageSource(...given: Parameters<typeof loadSource>): Promise<ImageSplits> {
  const splits = await loadSource(...given);
  const { train } = splits;
  if (isTextDataset(train) || isImageFiles(train)) {
    throw new SvpError(
      'SVP_E_OPTION',
      `${train.name} has ${inputText(train)}${isImageFiles(train) ? ' in files' : ''}, but images in memory are needed here.`,
      { option: 'dataset' },
    );
  }
  return splits as ImageSplits;
}
