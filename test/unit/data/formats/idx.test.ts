import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { types } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type IdxData, readIdx, writeIdx } from '../../../../src/data/formats/idx';
import { failure, temporaryFolder } from '../temporary';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

const arrays: IdxData[] = [
  Uint8Array.of(0, 1, 255, 3, 4, 5),
  Int8Array.of(0, -1, 127, 3, 4, -128),
  Int16Array.of(0, -1, 32767, 3, 4, -32768),
  Int32Array.of(0, -1, 2147483647, 3, 4, -2147483648),
  Float32Array.of(0, -1.5, 1e30, 3, 4, Number.NaN),
  Float64Array.of(0, -1.5, 1e300, 3, 4, Number.NEGATIVE_INFINITY),
];

test.each(arrays.map((a) => [a.constructor.name, a] as const))(
  '%s round trip, plain and gzip',
  async (_, a) => {
    await writeIdx(at('a.idx'), a, [2, 3]);
    expect(await readIdx(at('a.idx'))).toEqual({ data: a, shape: [2, 3] });
    writeFileSync(at('a.gz'), gzipSync(readFileSync(at('a.idx'))));
    expect(await readIdx(at('a.gz'))).toEqual({ data: a, shape: [2, 3] });
  },
);

test('the layout is that of MNIST: big-endian', async () => {
  await writeIdx(at('a.idx'), Int16Array.of(1, -2), [2]);
  expect(readFileSync(at('a.idx')).toString('hex')).toBe('00000b0100000002' + '0001fffe');
});

test('shared memory on demand; views are written from their offset and left alone', async () => {
  const view = Int32Array.of(9, 1, 2, 3).subarray(1);
  await writeIdx(at('a.idx'), view, [3]);
  expect(Array.from(view)).toEqual([1, 2, 3]);
  const { data } = await readIdx(at('a.idx'), { shared: true });
  expect(types.isSharedArrayBuffer(data.buffer)).toBe(true);
  expect(Array.from(data)).toEqual([1, 2, 3]);
});

test('no rows', async () => {
  await writeIdx(at('a.idx'), new Uint8Array(0), [0, 28, 28]);
  expect((await readIdx(at('a.idx'))).shape).toEqual([0, 28, 28]);
});

describe('errors', () => {
  const hex = (text: string) => Buffer.from(text.replace(/ /g, ''), 'hex');
  const hostile: [string, Buffer, RegExp][] = [
    ['empty', hex(''), /ends at byte 0/],
    ['another file', Buffer.from('hello, world'), /not an IDX file/],
    ['unknown type', hex('00000a01 00000001 00'), /begins with 00000a01/],
    ['no sizes', hex('00000800'), /not an IDX file/],
    ['sizes cut short', hex('00000803 00000001'), /IDX header/],
    ['huge sizes', hex('00000803 ffffffff ffffffff ffffffff'), /need [\d.e+]+ bytes/],
    ['cut short', hex('00000801 00000005 01020304'), /need 13 bytes.*there are 12/],
    ['bytes too many', hex('00000801 00000002 01020304'), /need 10 bytes.*there are 12/],
  ];
  test.each(hostile)('%s', async (_, bytes, message) => {
    writeFileSync(at('h.idx'), bytes);
    expect(await failure(readIdx(at('h.idx')))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringMatching(message),
    });
    if (bytes.length === 0) return;
    writeFileSync(at('h.gz'), gzipSync(bytes));
    expect((await failure(readIdx(at('h.gz')))).code).toBe('SVP_E_FORMAT');
  });

  test('a gzip that promises more than it can hold takes no memory; one cut short or damaged is told', async () => {
    writeFileSync(at('b.gz'), gzipSync(hex('00000801 7fffffff 01')));
    expect((await failure(readIdx(at('b.gz')))).message).toMatch(/at most \d+/);
    const whole = gzipSync(Buffer.concat([hex('00000801 00010000'), Buffer.alloc(65536, 'abcdefg')]));
    writeFileSync(at('b.gz'), whole.subarray(0, whole.length - 12));
    expect((await failure(readIdx(at('b.gz')))).message).toMatch(/damaged or cut short/);
    whole[whole.length - 6] ^= 1;
    writeFileSync(at('b.gz'), whole);
    expect((await failure(readIdx(at('b.gz')))).message).toMatch(/incorrect data check/);
  });

  test('missing files, wrong shapes, unwritable folders', async () => {
    expect((await failure(readIdx(at('none')))).code).toBe('SVP_E_FILE');
    expect((await failure(writeIdx(at('x'), new Uint8Array(3), [2]))).code).toBe('SVP_E_SHAPE');
    expect((await failure(writeIdx(at('x'), new Uint8Array(1), []))).code).toBe('SVP_E_SHAPE');
    expect((await failure(writeIdx(at('x'), new Uint32Array(1) as never, [1]))).code).toBe('SVP_E_SHAPE');
    expect((await failure(writeIdx(at('no/x'), new Uint8Array(1), [1]))).code).toBe('SVP_E_WRITE');
    expect(readdirSync(folder).filter((f) => f.endsWith('.tmp'))).toEqual([]);
  });
});
