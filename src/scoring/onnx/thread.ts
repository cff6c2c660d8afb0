/**
 * The worker thread behind `OnnxScorer`: holds one session, runs batches in the order in which they come. ONNX Runtime's
 * `run` blocks this thread and no other.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { sendableError } from '../../core/sent-error';
import type { Outputs } from '../../models/model';
import { type OnnxSession, openSession } from '../onnx-runtime';
import type { FromThread, OnnxWorkerData, ToThread } from './messages';
import { readModelFile } from './model-file';

const port = parentPort!;
const { file, threads, device } = workerData as OnnxWorkerData;

function send(message: FromThread, outputs: Outputs = {}): void {
  // An output may be a view of a larger buffer (its rows were cut): that is copied, all else moves.
  const buffers = Object.values(outputs)
    .filter((values) => values.byteLength === values.buffer.byteLength)
    .map((values) => values.buffer as ArrayBuffer);
  port.postMessage(message, [...new Set(buffers)]);
}

async function serve(session: OnnxSession, message: ToThread): Promise<void> {
  if (message.type === 'close') {
    await session.release();
    port.close();
    return;
  }
  const { id, batch, run } = message;
  try {
    const outputs = await session.run(batch, run);
    send({ type: 'scored', id, outputs }, outputs);
  } catch (error) {
    send({ type: 'failed', id, error: sendableError(error) });
  }
}

async function open(): Promise<void> {
  const { metadata, producer, externalFiles } = readModelFile(file);
  const session = await openSession(file, threads, device);
  let last: Promise<void> = Promise.resolve();
  port.on('message', (message: ToThread) => {
    last = last.then(() => serve(session, message));
  });
  send({ type: 'open', model: { ...session.model, metadata, producer, externalFiles } });
}

open().catch((error) => send({ type: 'failed', error: sendableError(error) }));
