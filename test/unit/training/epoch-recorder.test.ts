import { existsSync } from 'node:fs';
import { createModel } from '../../../src/models/registry';
import type { EpochRecorder } from '../../../src/training/epoch-recorder';
import { trainFastText } from '../../../src/training/fasttext';
import { trainModel } from '../../../src/training/trainer';
import { temporaryFolder } from '../../process/training-folder';
import { labelledTexts } from '../../reference/labelled-texts';
import { tinyImages } from '../../reference/tiny-images';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

const folder = temporaryFolder();

/** Keeps what it is told, and whether the checkpoint was there at that time. */
class Notes implements EpochRecorder {
  finished: number[][] = [];
  epochs: { epoch: number; accuracy: number; correct: number[]; checkpoint: boolean }[] = [];

  constructor(private readonly checkpoint: string) {}

  begin(finished: readonly { epoch: number }[], epochs: number): void {
    expect(epochs).toBe(2);
    this.finished.push(finished.map(({ epoch }) => epoch));
  }

  async epoch(record: { epoch: number; trainAccuracy: number }, correct: Uint8Array): Promise<void> {
    const { epoch, trainAccuracy: accuracy } = record;
    this.epochs.push({ epoch, accuracy, correct: [...correct], checkpoint: existsSync(this.checkpoint) });
  }
}

/** Of the rows that are trained on: what was right gives the accuracy; the others were not presented. */
function check(notes: Notes, indices: Uint32Array, count: number): void {
  for (const { accuracy, correct } of notes.epochs) {
    expect(correct).toHaveLength(count);
    const trained = new Set(indices);
    expect(correct.every((value, row) => (trained.has(row) ? value <= 1 : value === 255))).toBe(true);
    expect(correct.filter((value) => value === 1).length / indices.length).toBe(accuracy);
  }
}

describeWithTensorFlow('a network', () => {
  test('tells what was right before its checkpoint, and what it goes on from', async () => {
    const indices = Uint32Array.from({ length: 40 }, (_, i) => 2 * i + 1);
    const path = folder.path('network.svp');
    const notes = new Notes(path);
    const train = (resume: boolean) => {
      const model = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 4, seed: 1 });
      return trainModel({
        model,
        dataset: tinyImages(96),
        indices,
        epochs: [2],
        learningRates: [0.1],
        batchSize: 16,
        checkpoint: { path, resume },
        recorder: notes,
      }).finally(() => model.dispose());
    };
    await train(false);
    expect(notes.epochs.map(({ epoch, checkpoint }) => [epoch, checkpoint])).toEqual([
      [1, false],
      [2, true],
    ]);
    check(notes, indices, 96);
    await train(true);
    expect(notes.finished).toEqual([[], [1, 2]]);
    expect(notes.epochs).toHaveLength(2);
  });
});

describe('fastText', () => {
  test('tells what was right before its checkpoint, and what it goes on from', async () => {
    const { texts, labels } = labelledTexts(60, 3);
    const indices = Uint32Array.from({ length: 50 }, (_, i) => 59 - i);
    const path = folder.path('text.svp');
    const notes = new Notes(path);
    const train = (resume: boolean) =>
      trainFastText({
        ...{ texts, labels, indices, epochs: 2, buckets: 100, threads: 1 },
        checkpoint: { path, resume },
        recorder: notes,
      });
    await train(false);
    expect(notes.epochs.map(({ epoch, checkpoint }) => [epoch, checkpoint])).toEqual([
      [1, false],
      [2, true],
    ]);
    check(notes, indices, 60);
    await train(true);
    expect(notes.finished).toEqual([[], [1, 2]]);
    expect(notes.epochs).toHaveLength(2);
    const wrong = trainFastText({ texts, labels, recorder: {} as EpochRecorder });
    await expect(wrong).rejects.toMatchObject({ code: 'SVP_E_OPTION', option: 'recorder' });
  });
});
