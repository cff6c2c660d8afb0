import { promises as fs } from 'node:fs';
import type { EpochRecord } from '../../../src/core/run-record';
import { readNpy, writeNpy } from '../../../src/data/formats/npy';
import { ForgettingTracker } from '../../../src/native/forgetting-tracker';
import { CorrectnessFile } from '../../../src/training/correctness-file';
import { EpochCorrectness } from '../../../src/training/epoch-recorder';
import { forgettingPerEpoch } from '../../../src/training/forgetting-per-epoch';
import { temporaryFolder } from '../../process/training-folder';

const folder = temporaryFolder();
const EPOCHS = 6;
const EXAMPLES = 50;

/** Rows 0, 3, 6 … are trained on; what is right is arbitrary, and some are never. */
const presented = Uint32Array.from({ length: 17 }, (_, i) => 3 * i);
const right = (epoch: number) =>
  Uint8Array.from(presented, (row) =>
    row % 5 === 0 ? 0 : (Math.imul(row + 7, epoch * 2654435761) >>> 9) & 1,
  );
const rowOf = (epoch: number) => {
  const gathered = new EpochCorrectness(EXAMPLES);
  gathered.add(presented.subarray(0, 10), right(epoch).subarray(0, 10));
  gathered.add(presented.subarray(10), right(epoch).subarray(10));
  return gathered.values;
};
const recordOf = (epoch: number) =>
  ({ epoch, trainAccuracy: right(epoch).reduce((a, b) => a + b, 0) / presented.length }) as EpochRecord;
const records = (count: number) => Array.from({ length: count }, (_, i) => recordOf(i + 1));

async function record(file: string, from: number, to: number): Promise<void> {
  const sink = new CorrectnessFile(file, EXAMPLES);
  await sink.begin(records(from), EPOCHS);
  for (let epoch = from + 1; epoch <= to; epoch++) await sink.epoch(recordOf(epoch), rowOf(epoch));
}

test('epochs × examples of uint8; epochs to come are not presented', async () => {
  const file = folder.path('shape.npy');
  await record(file, 0, 2);
  const { shape, dtype, data } = await readNpy(file);
  expect({ shape, dtype }).toEqual({ shape: [EPOCHS, EXAMPLES], dtype: 'uint8' });
  const rows = Array.from({ length: EPOCHS }, (_, e) => data.slice(e * EXAMPLES, (e + 1) * EXAMPLES));
  expect(rows[0]).toEqual(rowOf(1));
  expect(rows[1]).toEqual(rowOf(2));
  expect(rows[1][1]).toBe(255);
  for (const row of rows.slice(2)) expect(row).toEqual(new Uint8Array(EXAMPLES).fill(255));
});

test('gone on with, it has the bytes of an unbroken one', async () => {
  const [whole, broken] = [folder.path('whole.npy'), folder.path('broken.npy')];
  await record(whole, 0, EPOCHS);
  await record(broken, 0, 4);
  // The checkpoint of the fourth epoch was never written: its row is taken back, and written anew.
  await record(broken, 3, 3);
  expect((await readNpy(broken)).data[3 * EXAMPLES]).toBe(255);
  await record(broken, 3, EPOCHS);
  expect((await fs.readFile(broken)).equals(await fs.readFile(whole))).toBe(true);
});

test('what cannot be gone on with is told', async () => {
  const file = folder.path('bad.npy');
  const code = 'SVP_E_CHECKPOINT';
  await expect(record(folder.path('none.npy'), 2, 3)).rejects.toMatchObject({
    code,
    file: folder.path('none.npy'),
  });
  await record(file, 0, 2);
  await expect(record(file, 3, 4)).rejects.toMatchObject({ code, message: /nothing for epoch 3/ });
  const other = new CorrectnessFile(file, EXAMPLES);
  await expect(other.begin(records(1), EPOCHS + 1)).rejects.toMatchObject({ code, message: /7 epochs × 50/ });
  const changed = await fs.readFile(file);
  changed[changed.length - EPOCHS * EXAMPLES] ^= 1;
  await fs.writeFile(file, changed);
  await expect(record(file, 2, 3)).rejects.toMatchObject({ code, message: /accuracy of epoch 1/ });
  await fs.truncate(file, changed.length - 1);
  await expect(record(file, 2, 3)).rejects.toMatchObject({ code });
  await expect(record(folder.path('no/where.npy'), 0, 1)).rejects.toMatchObject({ code: 'SVP_E_WRITE' });
});

test('forgetting events after each epoch are those that the tracker counts', async () => {
  const file = folder.path('events.npy');
  await record(file, 0, 5);
  const tracker = new ForgettingTracker(EXAMPLES);
  const seen: number[] = [];
  for await (const { epoch, counts } of forgettingPerEpoch(file)) {
    tracker.update(presented, right(epoch));
    expect(counts).toEqual(tracker.counts('infinity'));
    seen.push(epoch);
  }
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(Math.max(...tracker.counts('zero'))).toBeGreaterThan(1);
});

test('another array is no record of correctness', async () => {
  const all = async (file: string) => {
    for await (const _ of forgettingPerEpoch(file));
  };
  const file = folder.path('other.npy');
  await writeNpy(file, new Float32Array(4), [2, 2]);
  await expect(all(file)).rejects.toMatchObject({ code: 'SVP_E_SHAPE', message: /float32.*\(2, 2\)/ });
  await writeNpy(file, Uint8Array.of(0, 1, 7, 1), [2, 2]);
  await expect(all(file)).rejects.toMatchObject({ code: 'SVP_E_FORMAT', row: 1, column: 0 });
  await expect(all(folder.path('none'))).rejects.toMatchObject({ code: 'SVP_E_FILE' });
});
