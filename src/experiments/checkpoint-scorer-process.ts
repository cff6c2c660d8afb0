/** The child process behind `CheckpointScorer`: one model of this package. */
import type { BatchValues } from '../models/model';
import { tensorflowStatus } from '../models/tensorflow';
import { serveScoring } from '../scoring/process/child';
import { modelFromCheckpoint } from '../training/checkpoint';
import type { CheckpointRun, LoadedCheckpoint } from './checkpoint-scorer';

serveScoring(async ({ file }: { file: string }) => {
  const model = await modelFromCheckpoint(file);
  const { arch, input, classes, featureSize } = model;
  const { version, device = 'cpu' } = tensorflowStatus();
  const runtime = `TensorFlow ${version}`;
  const description: LoadedCheckpoint = {
    arch,
    input,
    classes,
    featureSize,
    runtime,
    device,
  };
  return {
    description,
    score: ({ values, size }, run) =>
      model.infer(values as BatchValues, size, (run as CheckpointRun).outputs),
  };
});
