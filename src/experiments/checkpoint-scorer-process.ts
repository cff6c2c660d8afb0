/** The child process behind `CheckpointScorer`: one model, one batch after another, until its parent closes the channel or ends. */
import { sendableError } from '../core/sent-error';
import type { Model } from '../models/model';
import { tensorflowStatus } from '../models/tensorflow';
import { modelFromCheckpoint } from '../training/checkpoint';
import type { FromScoringChild, ToScoringChild } from './checkpoint-scorer';

let model: Model;
let last: Promise<void> = Promise.resolve();

// Ctrl-C reaches the whole process group. The parent decides what it means and closes us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToScoringChild) => {
  last = last.then(() => serve(message));
});

function send(message: FromScoringChild): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

async function serve(message: ToScoringChild): Promise<void> {
  const id = message.type === 'open' ? 0 : message.id;
  try {
    if (message.type === 'score') {
      const { values, size } = message.batch;
      send({ type: 'scored', id, outputs: model.infer(values as Float32Array, size, message.outputs) });
      return;
    }
    model = await modelFromCheckpoint(message.file);
    const { arch, inputShape, classes, featureSize } = model;
    const { version, device = 'cpu' } = tensorflowStatus();
    send({
      type: 'open',
      model: {
        arch,
        inputShape: [...inputShape],
        classes,
        featureSize,
        runtime: `TensorFlow ${version}`,
        device,
      },
    });
  } catch (error) {
    send({ type: 'failed', id, error: sendableError(error) });
  }
}
