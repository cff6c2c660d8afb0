/**
 * The whole public surface. Importing it loads neither TensorFlow nor the addon: the calls that need them do.
 */
export type { Matrix } from './core/matrix';
export type { OnProgress, Progress } from './core/progress';
export type { ImageDataset, ImageSplits } from './data/dataset';
export { datasetNames, loadDataset } from './data/datasets/registry';
export { formatIndexFile, readIndexFile, writeIndexFile } from './data/formats/index-file';
export { type NpyArray, readNpy, readNpyMatrix, readNpyVector, writeNpy } from './data/formats/npy';
export { npzNames, readNpzMember } from './data/formats/npz';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  isSvpError,
  SvpError,
} from './errors';
export { ForgettingTracker } from './native/forgetting-tracker';
export { kCenterGreedy } from './native/k-center-greedy';
export { pairwiseDistances } from './native/pairwise-distances';
export { uncertainty } from './native/uncertainty';
export { parseBudget } from './selection/budget';
export type { KCentersOptions, Need, RowScorer, Selection, SelectionMethod } from './selection/method';
export { rankDescending } from './selection/rank';
export { findMethod, methodNames, methods } from './selection/registry';
export { type SelectOptions, select } from './selection/select';
