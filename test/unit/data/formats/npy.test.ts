import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  type NpyData,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  readNpyVector,
  writeNpy,
} from '../../../../src/data/formats/npy';
import { failure, temporaryFolder } from '../temporary';

interface Case {
  name: string;
  file: string;
  shape: number[];
  dtype: string;
  fortran: boolean;
  values: (number | string)[];
}

const fixture = path.join(__dirname, '../../../fixtures/numpy-cases.json');
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

/** A .npy file with any header text and data. */
function npyFile(name: string, header: string, data: Uint8Array = new Uint8Array(), version = 1): string {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const magic = Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0])]);
  writeFileSync(at(name), Buffer.concat([magic, length, Buffer.from(header, 'latin1'), data]));
  return at(name);
}

const header = (shape: string, descr = '<f4', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('files as numpy writes them', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    writeFileSync(at('case.npy'), Buffer.from(c.file, 'base64'));
    const array = await readNpy(at('case.npy'));
    expect(array.shape).toEqual(c.shape);
    expect(array.dtype).toBe(c.dtype);
    expect(array.fortranOrder).toBe(c.fortran);
    const wide = c.dtype === 'int64' || c.dtype === 'uint64';
    const got = Array.from(array.data as Float64Array, (v) => (wide ? String(v) : v));
    const wanted = c.values.map((v) => (wide ? v : Number(v)));
    expect(got).toEqual(wanted);
  });

  test('matrices of floats become float32, with a note where that rounds', async () => {
    for (const c of cases.filter((k) => k.name.endsWith('3x4') && k.dtype.startsWith('float'))) {
      writeFileSync(at('case.npy'), Buffer.from(c.file, 'base64'));
      if (c.dtype === 'float64') continue;
      const m = await readNpyMatrix(at('case.npy'));
      expect([m.rows, m.columns, m.note]).toEqual([3, 4, undefined]);
      expect(Array.from(m.data)).toEqual(c.values.map((v) => Math.fround(Number(v))));
    }
    await writeNpy(at('f8.npy'), Float64Array.of(0.1, 1 / 3, -2), [1, 3]);
    const m = await readNpyMatrix(at('f8.npy'));
    expect(Array.from(m.data)).toEqual([0.1, 1 / 3, -2].map(Math.fround));
    expect(m.note).toMatch(/rounded from float64 to float32/);
  });

  test('a float64 beyond float32 is an error that names its place', async () => {
    await writeNpy(at('big.npy'), Float64Array.of(1, 2, 3, 1e39), [2, 2]);
    const e = await failure(readNpyMatrix(at('big.npy')));
    expect(e).toMatchObject({ code: 'SVP_E_NONFINITE', row: 1, column: 1, file: at('big.npy') });
  });

  test('infinities and NaN are passed on: whoever computes names them', async () => {
    await writeNpy(at('inf.npy'), Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY), [1, 2]);
    expect(Array.from((await readNpyMatrix(at('inf.npy'))).data)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('large Fortran arrays', () => {
  // Both beyond one chunk of 16 MiB: many whole columns per chunk, and columns longer than a chunk.
  test.each([
    [3000, 1500],
    [5_000_000, 2],
  ])('%i × %i', async (rows, columns) => {
    const stored = new Float32Array(rows * columns);
    for (let c = 0; c < columns; c++)
      for (let r = 0; r < rows; r++) stored[c * rows + r] = (r * 7 + c) % 65536;
    const file = npyFile(
      'f.npy',
      header(`(${rows}, ${columns})`, '<f4', 'True'),
      new Uint8Array(stored.buffer),
    );
    const { data } = await readNpyMatrix(file);
    let wrong = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) if (data[r * columns + c] !== (r * 7 + c) % 65536) wrong++;
    }
    expect(wrong).toBe(0);
  });
});

describe('writing', () => {
  const arrays: NpyData[] = [
    Float32Array.of(1.5, -0, Number.NaN),
    Float64Array.of(0.1, 2, 3),
    Int8Array.of(-1, 2, 3),
    Uint8Array.of(1, 2, 255),
    Int16Array.of(-300, 2, 3),
    Uint16Array.of(1, 2, 65535),
    Int32Array.of(-70000, 2, 3),
    Uint32Array.of(1, 2, 4294967295),
    BigInt64Array.of(-1n, 2n, 3n),
    BigUint64Array.of(1n, 2n, 2n ** 64n - 1n),
  ];
  test.each(arrays.map((a) => [a.constructor.name, a] as const))('%s round trip', async (_, a) => {
    await writeNpy(at('w.npy'), a, [3]);
    const back = await readNpy(at('w.npy'));
    expect(Array.from(back.data as Float32Array)).toEqual(Array.from(a as Float32Array));
    expect(back.shape).toEqual([3]);
    // numpy aligns its data to 64 bytes, so that they can be mapped.
    expect((readFileSync(at('w.npy')).length - a.byteLength) % 64).toBe(0);
  });

  test('views with an offset, odd lengths, and shared memory', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(28)).map((_, i) => i);
    await writeNpy(at('v.npy'), shared.subarray(2, 7), [5, 1]);
    expect(Array.from((await readNpyMatrix(at('v.npy'))).data)).toEqual([2, 3, 4, 5, 6]);
    const odd = new Uint8Array([9, 1, 2, 3]).subarray(1);
    await writeNpy(at('v.npy'), odd, [3]);
    expect(Array.from((await readNpy(at('v.npy'))).data as Uint8Array)).toEqual([1, 2, 3]);
  });

  test('a shape for another length is refused', async () => {
    expect(await failure(writeNpy(at('s.npy'), new Float32Array(6), [2, 2]))).toMatchObject({
      code: 'SVP_E_SHAPE',
    });
    expect(await failure(writeNpy(at('s.npy'), new Float32Array(6), [-2, -3]))).toMatchObject({
      code: 'SVP_E_SHAPE',
    });
    expect(await failure(writeNpy(at('s.npy'), [1] as never, [1]))).toMatchObject({ code: 'SVP_E_SHAPE' });
  });

  test('a folder that is not there: typed error and no litter', async () => {
    const e = await failure(writeNpy(at('none/x.npy'), new Float32Array(1), [1]));
    expect(e.code).toBe('SVP_E_WRITE');
    mkdirSync(at('taken.npy'));
    expect((await failure(writeNpy(at('taken.npy'), new Float32Array(1), [1]))).code).toBe('SVP_E_WRITE');
    expect(readdirSync(folder).filter((f) => f.endsWith('.tmp'))).toEqual([]);
  });
});

describe('vectors and indices', () => {
  test('any number type as float64; (n, 1) too', async () => {
    await writeNpy(at('x.npy'), BigInt64Array.of(-5n, 2n ** 53n - 1n), [2, 1]);
    expect(Array.from(await readNpyVector(at('x.npy')))).toEqual([-5, 2 ** 53 - 1]);
    await writeNpy(at('x.npy'), Float32Array.of(0.5, Number.POSITIVE_INFINITY), [2]);
    expect(Array.from(await readNpyVector(at('x.npy')))).toEqual([0.5, Number.POSITIVE_INFINITY]);
  });

  test('errors name the row', async () => {
    await writeNpy(at('x.npy'), BigInt64Array.of(1n, 2n ** 60n), [2]);
    expect(await failure(readNpyVector(at('x.npy')))).toMatchObject({ code: 'SVP_E_FORMAT', row: 1 });
    await writeNpy(at('x.npy'), Float64Array.of(1, 2, 2.5), [3]);
    expect(await failure(readNpyIndices(at('x.npy')))).toMatchObject({ code: 'SVP_E_FORMAT', row: 2 });
    await writeNpy(at('x.npy'), Int32Array.of(-1), [1]);
    expect(await failure(readNpyIndices(at('x.npy')))).toMatchObject({ code: 'SVP_E_FORMAT', row: 0 });
    await writeNpy(at('x.npy'), Int32Array.of(1, 2, 3, 4), [2, 2]);
    expect(await failure(readNpyVector(at('x.npy')))).toMatchObject({ code: 'SVP_E_SHAPE' });
    await writeNpy(at('x.npy'), Int32Array.of(3, 0), [2]);
    expect(Array.from(await readNpyIndices(at('x.npy')))).toEqual([3, 0]);
  });

  test('a matrix must be two-dimensional and of floats', async () => {
    await writeNpy(at('x.npy'), new Float32Array(3), [3]);
    expect((await failure(readNpyMatrix(at('x.npy')))).message).toMatch(/shape \(3\)/);
    await writeNpy(at('x.npy'), new Int32Array(4), [2, 2]);
    expect((await failure(readNpyMatrix(at('x.npy')))).message).toMatch(/holds int32/);
  });
});

describe('hostile files', () => {
  const data = new Uint8Array(48);
  const hostile: [string, string, Uint8Array, RegExp][] = [
    ['huge shape', header('(1000000000000, 3)'), data, /needs 12000000000\d{3} bytes/],
    ['shape beyond 2⁵³', header('(9007199254740993,)'), data, /beyond any array/],
    ['product beyond 2⁵³', header('(3037000500, 3037000500, 4)'), data, /beyond any array/],
    ['negative size', header('(-1, 3)'), data, /negative/],
    ['fraction', header('(1.5, 3)'), data, /"\)" is missing/],
    ['exponent', header('(1e3,)'), data, /"\)" is missing/],
    ['name in the shape', header('(n, 3)'), data, /not a whole number/],
    ['nested tuples', header(`${'('.repeat(5000)}1${')'.repeat(5000)}`), data, /not a whole number/],
    ['65 dimensions', header(`(${'1,'.repeat(65)})`), data, /64 dimensions/],
    ['list as shape', header('[3, 4]'), data, /structured|not one/],
    ['open quote', "{'descr: <f4", data, /quote is not closed/],
    ['no dictionary', 'hello', data, /"\{" is missing/],
    ['key twice', "{'descr': '<f4', 'descr': '<f8', }", data, /comes twice/],
    ['unknown key', "{'descr': '<f4', 'fortran_order': False, 'shape': (3,4), 'x': True}", data, /key 'x'/],
    ['trailing code', `${header('(3, 4)')}; import os`, data, /follows the dictionary/],
    ['missing shape', "{'descr': '<f4', 'fortran_order': False}", data, /'shape' is missing/],
    ['order a number', header('(3, 4)', '<f4', '0'), data, /not one that/],
    ['order a string', header('(3, 4)', '<f4', "'False'"), data, /'fortran_order' is missing/],
    ['object elements', header('(3, 4)', '|O'), data, /element type '\|O'/],
    ['complex elements', header('(3, 4)', '<c8'), data, /element type/],
    ['strings', header('(3, 4)', '<U4'), data, /element type/],
    ['prototype key', header('(3, 4)', '<constructor'), data, /element type/],
    ['structured', header('(3, 4)').replace("'<f4'", "[('a', '<f4')]"), data, /structured/],
    ['cut short', header('(3, 4)'), data.subarray(0, 47), /there are only \d+/],
    ['bytes too many', header('(3, 4)'), new Uint8Array(49), /1 bytes too many from byte \d+/],
    ['data with no rows', header('(0, 4)'), data, /48 bytes too many/],
  ];
  test.each(hostile)('%s', async (name, text, bytes, message) => {
    const file = npyFile('hostile.npy', text, bytes);
    const e = await failure(readNpy(file));
    expect(e).toMatchObject({ code: 'SVP_E_FORMAT', file });
    expect([name, e.message]).toEqual([name, expect.stringMatching(message)]);
  });

  test('a header of 10⁹ bytes is refused without being read, also where the file is that long', async () => {
    const file = npyFile('long.npy', header('(3, 4)'), data, 2);
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(1e9, 8);
    writeFileSync(file, bytes);
    expect((await failure(readNpy(file))).message).toMatch(/1000000000 bytes long, but the file holds/);
    truncateSync(file, 1.1e9); // sparse: costs no disk
    const before = process.memoryUsage().rss;
    expect((await failure(readNpy(file))).message).toMatch(/1048576 are the most/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test.each([0, 3, 5, 6, 7, 8, 9, 20, 127])('only %i bytes', async (length) => {
    const whole = readFileSync(npyFile('t.npy', header('(3, 4)').padEnd(118), data));
    writeFileSync(at('t.npy'), whole.subarray(0, length));
    expect((await failure(readNpy(at('t.npy')))).code).toBe('SVP_E_FORMAT');
  });

  test('another version, another file', async () => {
    const bytes = readFileSync(npyFile('t.npy', header('(3, 4)'), data));
    bytes[6] = 4;
    writeFileSync(at('t.npy'), bytes);
    expect((await failure(readNpy(at('t.npy')))).message).toMatch(/version 4\.0/);
    writeFileSync(at('t.npy'), 'hello, world');
    expect((await failure(readNpy(at('t.npy')))).message).toMatch(/not a \.npy file/);
  });

  test('missing, a folder, a pipe, an impossible path', async () => {
    expect(await failure(readNpy(at('nothing.npy')))).toMatchObject({
      code: 'SVP_E_FILE',
      file: at('nothing.npy'),
    });
    expect((await failure(readNpy(folder))).message).toMatch(/folder/);
    expect((await failure(readNpy('a\0b'))).code).toBe('SVP_E_FILE');
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [at('pipe')]);
      expect((await failure(readNpy(at('pipe')))).message).toMatch(/not a regular file/);
    }
  });
});
