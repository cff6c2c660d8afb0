/**
 * The whole public surface. Importing it loads neither TensorFlow nor the addon: the calls that need them do.
 */

export {
  type ComparedRanking,
  type CorrelateOptions,
  type Correlation,
  correlate,
} from './analysis/correlate';
export { pearson, spearman } from './analysis/correlation';
export type { Ranking } from './analysis/ranking';
export type { ActiveRecord, ActiveRound, ActiveTarget } from './core/active-record';
export type { CoreSetRunRecord, CoreSetSubset } from './core/core-set-run-record';
export type { HalfMatrix, Matrix } from './core/matrix';
export type { OnProgress, Progress } from './core/progress';
export type { CoreSetRecord, CoreSetRow, EpochRecord, ModelRecord } from './core/run-record';
export type { SelectionView } from './core/selection-view';
export type { SweepRecord, SweepRun } from './core/sweep-record';
export type { ImageDataset, ImageSplits } from './data/dataset';
export { datasetNames, type LoadOptions, loadDataset, loadExamples } from './data/datasets/registry';
export type { Dataset, Splits } from './data/examples';
export { formatIndexFile, readIndexFile, writeIndexFile } from './data/formats/index-file';
export { type NpyArray, readNpy, readNpyMatrix, readNpyVector, writeNpy } from './data/formats/npy';
export { npzNames, readNpzMember } from './data/formats/npz';
export type { ImageFileDataset } from './data/image-files';
export { type ImageFolderPool, type OpenImageFolderOptions, openImageFolder } from './data/image-folder';
export type { BrokenItem, PoolBatch, PoolSource } from './data/pool';
export type { TextDataset } from './data/text/text-dataset';
export { openTextPool, type TextPool, type TextPoolOptions } from './data/text-pool';
export { ERROR_CODES, type ErrorCode, type ErrorDetails, isSvpError, SvpError } from './errors';
export {
  type ActiveLearningOptions,
  type ActiveLearningResult,
  activeLearning,
} from './experiments/active-learning';
export { type CoreSetOptions, type CoreSetResult, coreSet } from './experiments/core-set';
export { type DoctorPart, type DoctorReport, doctor } from './experiments/doctor';
export { type ExportOnnxOptions, type ExportOnnxResult, exportOnnx } from './experiments/export-onnx';
export type { LabelRequest, LabelSource } from './experiments/label-book';
export { type QuickstartOptions, type QuickstartResult, quickstart } from './experiments/quickstart';
export type { Pool, ScorePoolOptions, ScorePoolResult } from './experiments/score-options';
export { scorePool } from './experiments/score-pool';
export { type SelectionViewOptions, selectionView } from './experiments/selection-view';
export { type SweepOptions, type SweepResult, sweep } from './experiments/sweep';
export { type TrainOptions, type TrainResult, train } from './experiments/train';
export type { Architecture, NetworkPlan } from './models/architecture';
export type { Layer } from './models/layers/layer';
export type { Model, ModelInput } from './models/model';
export type { NetworkBuilder } from './models/network-builder';
export { archNames, type CreateModelOptions, createModel, registerArchitecture } from './models/registry';
export {
  type CommitteeMeasure,
  type CommitteeOptions,
  type CommitteeScores,
  committeeUncertainty,
} from './native/committee-uncertainty';
export {
  FastTextCorpus,
  readTextCorpus,
  type TextFileOptions,
  type TextsOptions,
  textCorpus,
} from './native/fasttext-corpus';
export {
  FastTextModel,
  type FastTextPrediction,
  type FastTextScoreOptions,
  type FastTextScores,
  type FastTextTraining,
  loadFastText,
} from './native/fasttext-model';
export {
  ForgettingTracker,
  type ForgettingTrackerJson,
  type NeverLearned,
} from './native/forgetting-tracker';
export {
  type KCenterGreedyOptions,
  type KCenterGreedyResult,
  type KCenterStats,
  kCenterGreedy,
} from './native/k-center-greedy';
export { type KCenterPick, kCenterGreedyStream } from './native/k-center-stream';
export { type PairwiseDistancesOptions, pairwiseDistances } from './native/pairwise-distances';
export {
  type UncertaintyMeasure,
  type UncertaintyOptions,
  type UncertaintyScores,
  uncertainty,
} from './native/uncertainty';
export { renderCoreSetReport } from './report/core-set-report';
export { writeReport as report } from './report/write-report';
export type { InputConfig } from './scoring/input-config';
export { parseBudget } from './selection/budget';
export type { KCentersOptions, Need, RowScorer, Selection, SelectionMethod } from './selection/method';
export { rankDescending } from './selection/rank';
export { findMethod, methodNames, methods } from './selection/registry';
export { type SelectOptions, select } from './selection/select';
export { TopK, type TopKResult } from './selection/top-k';
export {
  type Verification,
  type VerifiedStep,
  type VerifyOptions,
  verifySelection,
} from './selection/verify';
export { loadCheckpoint, modelFromCheckpoint, saveCheckpoint } from './training/checkpoint';
export type { EpochRecorder } from './training/epoch-recorder';
export { trainFastText } from './training/fasttext';
export type { FastTextEpochOutcome, TrainFastTextOptions } from './training/fasttext-options';
export { type ForgettingAfterEpoch, forgettingPerEpoch } from './training/forgetting-per-epoch';
export type { Recipe } from './training/recipe';
export { type TrainModelOptions, type TrainModelResult, trainModel } from './training/trainer';
