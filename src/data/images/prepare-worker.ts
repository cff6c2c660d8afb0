import { parentPort, workerData } from 'node:worker_threads';
import { sendableError } from '../../core/sent-error';
import type { ImagePlan } from './plan';
import { ImagePreparer, type PrepareTask } from './prepare';

/** A thread of PrepareThreads: prepares the images of one task after another. */
const preparer = new ImagePreparer(workerData as ImagePlan);

parentPort?.on('message', async (task: PrepareTask) => {
  try {
    parentPort?.postMessage({ broken: await preparer.run(task) });
  } catch (error) {
    parentPort?.postMessage({ error: sendableError(error) });
  }
});
