import { sendableError } from '../../core/sent-error';
import type { OutputName, Outputs } from '../../models/model';
import { SharedMemory } from '../../native/shared-memory';
import type { ScorerBatch } from '../scorer';
import { ELEMENTS, type FromChild, INPUTS_DESCRIPTOR, OUTPUTS_DESCRIPTOR, type ToChild } from './messages';

/** A model as the child holds it. */
export interface ServedModel {
  /** What the parent is told of it; plain data. */
  description: unknown;
  /** The batch's values are those of the parent: they are read, not changed, and not kept. */
  score(batch: ScorerBatch, run: unknown): Outputs | Promise<Outputs>;
}

/**
 * The child's side: opens one model, then scores one batch after another, until the parent closes the channel or ends,
 * however that ends. The model blocks: there is nothing else to do here.
 */
export function serveScoring(open: (data: never) => Promise<ServedModel>): void {
  let model: ServedModel | undefined;
  let last: Promise<void> = Promise.resolve();
  const inputs = SharedMemory.inherited(INPUTS_DESCRIPTOR);
  const answers = SharedMemory.inherited(OUTPUTS_DESCRIPTOR);
  const send = (message: FromChild) => {
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  };
  const score = async ({ id, slot, batch, element, length, part, run }: ToChild & { type: 'score' }) => {
    const values = new ELEMENTS[element](inputs.map(slot, part), 0, length);
    const outputs = await (model as ServedModel).score({ ...batch, values }, run);
    const arrays = Object.entries(outputs) as [OutputName, Float32Array][];
    const total = arrays.reduce((sum, [, array]) => sum + array.length, 0);
    const answer = answers.reserve(slot, 4 * total);
    let at = 0;
    for (const [, array] of arrays) {
      new Float32Array(answer.memory, 4 * at, array.length).set(array);
      at += array.length;
    }
    send({
      type: 'scored',
      id,
      outputs: arrays.map(([name, array]) => [name, array.length]),
      part: answer.part,
    });
  };
  const serve = async (message: ToChild): Promise<void> => {
    try {
      if (message.type === 'score') {
        await score(message);
        return;
      }
      model = await open(message.data as never);
      send({ type: 'open', description: model.description });
    } catch (error) {
      send({ type: 'failed', id: message.type === 'open' ? 0 : message.id, error: sendableError(error) });
    }
  };
  // Ctrl-C reaches the whole process group. The parent decides what it means and closes us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToChild) => {
    last = last.then(() => serve(message));
  });
}
