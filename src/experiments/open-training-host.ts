import { type Dataset, isImageFiles, isTextDataset } from '../data/examples';
import type { DatasetSource } from './dataset-source';
import type { TrainingHost } from './training-host';

/**
 * Opens a training host for one data set.
 * @param isolate in a child process (true), or in this one, whose event loop it then blocks for a step at a time
 */
export function openTrainingHost(source: DatasetSource, isolate: boolean): TrainingHost {
  // Required here, not above: TensorFlow must not be loaded by a process that leaves training to its child.
  if (isolate) {
    const { TrainingProcess } = require('./training-process') as typeof import('./training-process');
    return new TrainingProcess(sendable(source));
  }
  const { LocalTrainingHost } = require('./local-training-host') as typeof import('./local-training-host');
  return new LocalTrainingHost(source);
}

/** Shared memory cannot travel to another process: what lies in memory goes as plain copies. */
function sendable(source: DatasetSource): DatasetSource {
  if (!('train' in source)) return source;
  return { train: plain(source.train), test: plain(source.test) };
}

function plain(part: Dataset): Dataset {
  if (isTextDataset(part)) {
    const { codes, offsets, labels } = part;
    return {
      ...part,
      codes: new Uint8Array(codes),
      offsets: new Float64Array(offsets),
      labels: new Uint16Array(labels),
    };
  }
  if (isImageFiles(part)) return { ...part, labels: new Uint16Array(part.labels) };
  return { ...part, images: new Uint8Array(part.images), labels: new Uint8Array(part.labels) };
}
