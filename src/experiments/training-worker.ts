/**
 * The child process behind `TrainingProcess`: serves training and scoring jobs, one after another, until its parent
 * closes the channel or ends.
 */
import { sendableError } from '../core/sent-error';
import { SvpError } from '../errors';
import { LocalTrainingHost } from './local-training-host';
import type { JobHooks } from './training-host';
import type { FromChild, ToChild } from './training-messages';

/** Progress goes out at most this often: each message costs the training loop a serialization. */
const PROGRESS_EVERY_MS = 50;

let host: LocalTrainingHost | undefined;
const aborts = new Map<number, AbortController>();

// Ctrl-C and the terminal's signals reach the whole process group. The parent decides what they mean and closes us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToChild) => {
  if (message.type === 'open') host = new LocalTrainingHost(message.dataset);
  else if (message.type === 'abort') aborts.get(message.id)?.abort();
  else void serve(message);
});

function send(message: FromChild): void {
  // A parent that is gone makes this fail; 'disconnect' then ends the process.
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

async function serve(message: Exclude<ToChild, { type: 'open' | 'abort' }>): Promise<void> {
  const { id } = message;
  const abort = new AbortController();
  aborts.set(id, abort);
  let sentAt = 0;
  const hooks: JobHooks = {
    signal: abort.signal,
    onProgress: (progress) => {
      const now = performance.now();
      if (now - sentAt < PROGRESS_EVERY_MS && progress.done < progress.total) return;
      sentAt = now;
      send({ type: 'progress', id, progress });
    },
    onEpoch: (epoch) => send({ type: 'epoch', id, epoch }),
  };
  try {
    if (!host) throw new SvpError('SVP_E_INTERNAL', 'The training process got a job before its data set.');
    let value: unknown;
    if (message.type === 'prepare') await host.prepare(message.networks, hooks);
    else if (message.type === 'train') value = await host.train(message.job, hooks);
    else if (message.type === 'score') value = await host.score(message.job, hooks);
    else await host.release(message.model);
    send({ type: 'done', id, value });
  } catch (error) {
    send({ type: 'failed', id, error: sendableError(error) });
  } finally {
    aborts.delete(id);
  }
}
