/** The child process behind `OnnxScorer`: one session. */
import { openSession } from '../onnx-runtime';
import { serveScoring } from '../process/child';
import type { OnnxChildData, OnnxModel, OnnxRun } from './messages';
import { readModelFile } from './model-file';

serveScoring(async ({ file, threads, device }: OnnxChildData) => {
  const found = readModelFile(file);
  const session = await openSession(file, threads, device);
  const description: OnnxModel = { ...session.model, ...found };
  return { description, score: (batch, run) => session.run(batch, run as OnnxRun) };
});
