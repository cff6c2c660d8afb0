import { allocate, fillOrThrow, openFileStream } from '../data/formats/byte-stream';
import { readNpyHeader } from '../data/formats/npy-header';
import { SvpError } from '../errors';
import { NOT_PRESENTED } from './epoch-recorder';

/** The forgetting events of every row of a data set up to and with one epoch. */
export interface ForgettingAfterEpoch {
  /** 1, 2, 3 … */
  epoch: number;
  /** One a row, a copy of its own; Infinity for rows that were never right, those that were not trained on included. */
  counts: Float64Array;
}

/**
 * Forgetting events after each epoch of a training, from the correctness.npy that it left (`recordCorrectness`): an event is
 * an epoch in which an example is wrong that was right when it was presented before ("Selection via Proxy", section 2.2).
 * What `ForgettingTracker.counts()` gave at that time. Ends before the first epoch that has not been recorded, as when the
 * training still runs. Memory: 10 bytes a row, and 8 for each epoch's counts that the caller keeps.
 *
 * @param file epochs × rows, uint8: 1 right, 0 wrong, 255 not presented
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_SHAPE (another array), SVP_E_MEMORY
 */
export async function* forgettingPerEpoch(file: string): AsyncGenerator<ForgettingAfterEpoch> {
  const stream = await openFileStream(file);
  try {
    const { type, shape, fortranOrder } = await readNpyHeader(stream);
    if (type !== 'uint8' || shape.length !== 2 || fortranOrder) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${file} holds ${type} of the shape (${shape.join(', ')}); epochs × examples of uint8 in C order is needed, as svp train --record-correctness writes it.`,
        { file },
      );
    }
    const [epochs, examples] = shape;
    const row = allocate(Uint8Array, examples, `An epoch of ${file}`, file);
    const events = new Float64Array(examples).fill(Number.POSITIVE_INFINITY);
    const before = new Uint8Array(examples);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      await fillOrThrow(stream, row, 'data');
      let presented = false;
      for (let i = 0; i < examples; i++) {
        const now = row[i];
        if (now === NOT_PRESENTED) continue;
        if (now > 1) {
          throw new SvpError(
            'SVP_E_FORMAT',
            `${file} holds ${now} for example ${i} in epoch ${epoch}; 0, 1 and 255 are its values.`,
            { file, row: epoch - 1, column: i },
          );
        }
        presented = true;
        // Never right so far: from now on there is something to forget.
        if (now === 1 && events[i] === Number.POSITIVE_INFINITY) events[i] = 0;
        if (now === 0 && before[i] === 1) events[i]++;
        before[i] = now;
      }
      if (!presented) return;
      yield { epoch, counts: events.slice() };
    }
  } finally {
    await stream.close();
  }
}
