import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import {
  openFileStream,
  openRegularFile,
  readAt,
  sliceStream,
} from '../../../../src/data/formats/byte-stream';
import { readNpy, readNpyMatrix } from '../../../../src/data/formats/npy';
import { formatNpyHeader } from '../../../../src/data/formats/npy-header';
import { failure, temporaryFolder } from '../temporary';

/**
 * R7: beyond 2 and 4 GiB. The file is sparse and takes no disk. Reading all of it takes 4.4 GB of memory and half a
 * minute, so that this is done with SVP_TEST_LARGE=1; otherwise the parts that lie beyond the limits are read.
 */
const whole = process.env.SVP_TEST_LARGE === '1';
const folder = temporaryFolder();
const file = path.join(folder, 'large.npy');
const [rows, columns] = [1_100_000, 1000];
const header = formatNpyHeader('<f4', [rows, columns]);
const size = header.length + rows * columns * 4;
/** Elements on both sides of 2³¹ and 2³² bytes, and the last. */
const marked = [0, 536_870_911, 536_870_912, 1_073_741_823, 1_073_741_824, rows * columns - 1];
const markOf = (element: number) => (element % 1_000_003) + 1;

beforeAll(() => {
  writeFileSync(file, header);
  truncateSync(file, size);
  const handle = openSync(file, 'r+');
  const value = Buffer.alloc(4);
  for (const element of marked) {
    value.writeFloatLE(markOf(element));
    writeSync(handle, value, 0, 4, header.length + element * 4);
  }
  closeSync(handle);
});

test('places beyond 4 GiB are read where they lie', async () => {
  const { handle, size: found } = await openRegularFile(file);
  expect(found).toBe(size);
  const bytes = new Uint8Array(4);
  const value = new Float32Array(bytes.buffer);
  for (const element of marked) {
    expect(await readAt(handle, bytes, header.length + element * 4)).toBe(4);
    expect(value[0]).toBe(markOf(element));
  }
  const slice = sliceStream(handle, file, 'slice', size - 4, 4);
  expect(await slice.fill(new Uint8Array(10))).toBe(4);
  await slice.close();
});

test('one byte short, beyond 4 GiB: told before memory is taken', async () => {
  const stream = await openFileStream(file);
  expect(stream.size).toBe(size);
  await stream.close();
  truncateSync(file, size - 1);
  const before = process.memoryUsage().rss;
  expect((await failure(readNpy(file))).message).toContain(
    `needs ${size} bytes with the header, but there are only ${size - 1}`,
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  truncateSync(file, size);
});

test(`a matrix ${whole ? 'of 4.4 GB, whole' : 'read in steps (whole with SVP_TEST_LARGE=1)'}`, async () => {
  if (whole) {
    const handle = openSync(file, 'r+');
    const last = Buffer.alloc(4);
    last.writeFloatLE(markOf(rows * columns - 1));
    writeSync(handle, last, 0, 4, size - 4);
    closeSync(handle);
    const m = await readNpyMatrix(file);
    for (const element of marked) expect(m.data[element]).toBe(markOf(element));
    return;
  }
  // Big-endian goes through the same steps, and swaps each.
  const part = Buffer.alloc(40_000_000);
  for (let i = 0; i < 10_000_000; i++) part.writeFloatBE(i, i * 4);
  writeFileSync(file, Buffer.concat([formatNpyHeader('>f4', [10_000, 1000]), part]));
  const m = await readNpyMatrix(file);
  expect(m.data.findIndex((v, i) => v !== i)).toBe(-1);
}, 300_000);
