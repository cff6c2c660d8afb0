import { parentPort, workerData } from 'node:worker_threads';
import { sendableError } from '../../core/sent-error';
import type { ImagePlan } from './plan';
import { ImagePreparer, type PrepareTask } from './prepare';

/** A thread of PrepareThreads: prepares the images of one task after another, in the order in which they come. */
const preparer = new ImagePreparer(workerData as ImagePlan);
let last: Promise<void> = Promise.resolve();

async function serve(task: PrepareTask): Promise<void> {
  try {
    parentPort?.postMessage({ broken: await preparer.run(task) });
  } catch (error) {
    parentPort?.postMessage({ error: sendableError(error) });
  }
}

parentPort?.on('message', (task: PrepareTask) => {
  last = last.then(() => serve(task));
});
