import { readSync, writeSync } from 'node:fs';
import { sendableError } from '../../core/sent-error';
import type { OutputName, Outputs } from '../../models/model';
import type { ScorerBatch } from '../scorer';
import { ARRAYS_DESCRIPTOR, ELEMENTS, type FromChild, type ToChild } from './messages';

/** A model as the child holds it. */
export interface ServedModel {
  /** What the parent is told of it; plain data. */
  description: unknown;
  score(batch: ScorerBatch, run: unknown): Outputs | Promise<Outputs>;
}

/**
 * The child's side: opens one model, then scores one batch after another, until the parent closes the channel or ends,
 * however that ends. Reading and writing arrays blocks, and so does the model: there is nothing else to do here.
 */
export function serveScoring(open: (data: never) => Promise<ServedModel>): void {
  let model: ServedModel | undefined;
  let last: Promise<void> = Promise.resolve();
  const send = (message: FromChild) => {
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  };
  const serve = async (message: ToChild): Promise<void> => {
    const id = message.type === 'open' ? 0 : message.id;
    try {
      if (message.type === 'open') {
        model = await open(message.data as never);
        send({ type: 'open', description: model.description });
        return;
      }
      const values = new ELEMENTS[message.element](message.length);
      // Before anything can fail: what is sent has to be taken, or the next batch would begin with it.
      transfer(readSync, values);
      const outputs = await (model as ServedModel).score({ ...message.batch, values }, message.run);
      const arrays = Object.entries(outputs) as [OutputName, Float32Array][];
      send({ type: 'scored', id, outputs: arrays.map(([name, array]) => [name, array.length]) });
      for (const [, array] of arrays) transfer(writeSync, array);
    } catch (error) {
      send({ type: 'failed', id, error: sendableError(error) });
    }
  };
  // Ctrl-C reaches the whole process group. The parent decides what it means and closes us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToChild) => {
    last = last.then(() => serve(message));
  });
}

type Move = (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: null) => number;

/** Moves all bytes of an array through the socket. A parent that is gone ends the process. */
function transfer(move: Move, array: ScorerBatch['values']): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; ) {
    let moved: number;
    try {
      moved = move(ARRAYS_DESCRIPTOR, bytes, at, Math.min(1 << 30, bytes.length - at), null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue;
      process.exit(0);
    }
    if (moved === 0) process.exit(0);
    at += moved;
  }
}
