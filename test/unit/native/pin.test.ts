import { pairwiseDistances } from '../../../src/native/pairwise-distances';
import { pin } from '../../../src/native/pin';

const LARGE = 1 << 19; // float32 values, 2 MiB

describe('pin', () => {
  test('small inputs are copied: the original may go anywhere', () => {
    const original = Float32Array.of(1, 2, 3);
    const { array, release } = pin(original.subarray(1));
    structuredClone(original, { transfer: [original.buffer] });
    expect(Array.from(array)).toEqual([2, 3]);
    release();
  });

  test('large inputs are read in place and do not move', () => {
    const original = new Float32Array(LARGE).fill(7);
    const { array, release } = pin(original);
    expect(array).toBe(original);
    try {
      structuredClone(original, { transfer: [original.buffer] }); // copies on Node 20, throws from Node 21 on
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError');
    }
    expect(original[LARGE - 1]).toBe(7);
    release();
  });

  test('shared memory is read in place', () => {
    const original = new Float32Array(new SharedArrayBuffer(4 * LARGE));
    expect(pin(original).array).toBe(original);
  });

  test('a resizable buffer is copied, since shrinking it would take its memory away', () => {
    const ResizableBuffer = ArrayBuffer as unknown as new (
      length: number,
      o: object,
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new ResizableBuffer(4 * LARGE, { maxByteLength: 8 * LARGE });
    const original = new Float32Array(buffer).fill(5);
    const { array } = pin(original);
    buffer.resize(0);
    expect(array.length).toBe(LARGE);
    expect(array[LARGE - 1]).toBe(5);
  });

  const transfers = 'transfer' in ArrayBuffer.prototype;
  test(`transfer() is refused while a call runs and works afterwards${transfers ? '' : ' (this Node has no transfer(): only its absence is checked)'}`, () => {
    const original = new Float32Array(LARGE).fill(2);
    const buffer = original.buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
    const [first, second] = [pin(original), pin(original)];
    if (!transfers) {
      expect(Object.getOwnPropertyNames(buffer)).toEqual([]);
      return;
    }
    first.release();
    first.release();
    expect(() => buffer.transfer!()).toThrow(/cannot move/);
    second.release();
    expect(Object.getOwnPropertyNames(buffer)).toEqual([]);
    expect(buffer.transfer!().byteLength).toBe(4 * LARGE);
  });

  test('a call whose buffer is transferred while it runs gives the right answer', async () => {
    const rows = 1024;
    const columns = 512;
    const data = new Float32Array(rows * columns).fill(1);
    const other = { data: new Float32Array(columns), rows: 1, columns };
    const running = pairwiseDistances({ data, rows, columns }, other, { squared: true });
    try {
      structuredClone(data, { transfer: [data.buffer] });
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError');
    }
    expect(Array.from(await running)).toEqual(new Array(rows).fill(columns));
  });

  test('a buffer that was transferred before the call is a typed error', async () => {
    const data = new Float32Array(4);
    structuredClone(data, { transfer: [data.buffer] });
    const m = { data, rows: 2, columns: 2 };
    await expect(pairwiseDistances(m, m)).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
  });
});
