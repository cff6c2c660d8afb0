import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { zipSync } from 'fflate';
import { readIndicesFile, readMatrixFile, readVectorFile } from '../../../../src/data/formats/array-file';
import { writeNpy } from '../../../../src/data/formats/npy';
import {
  npzNames,
  readNpzIndices,
  readNpzMatrix,
  readNpzMember,
  readNpzVector,
} from '../../../../src/data/formats/npz';
import { failure, temporaryFolder } from '../temporary';

const fixture = path.join(__dirname, '../../../fixtures/numpy-cases.json');
const { archives } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  archives: { name: string; file: string }[];
};
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

function put(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

async function npyBytes(values: number[], shape: number[]): Promise<Uint8Array> {
  await writeNpy(at('part.npy'), Float32Array.from(values), shape);
  return readFileSync(at('part.npy'));
}

test.each(archives.filter((a) => a.name !== 'one array').map((a) => [a.name, a] as const))(
  '%s',
  async (_, a) => {
    const file = put('a.npz', Buffer.from(a.file, 'base64'));
    expect(await npzNames(file)).toEqual(['features', 'labels']);
    const m = await readNpzMatrix(file, 'features');
    expect([m.rows, m.columns, Array.from(m.data)]).toEqual([3, 4, Array.from({ length: 12 }, (_, i) => i)]);
    expect((await readNpzMember(file, 'features.npy')).shape).toEqual([3, 4]);
    expect(Array.from(await readNpzVector(file, 'labels'))).toEqual([2, 0, 1]);
    expect(Array.from(await readNpzIndices(file, 'labels'))).toEqual([2, 0, 1]);
    const several = await failure(readNpzMember(file));
    expect(several).toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringMatching(/2 arrays: features, labels/),
    });
    const unknown = await failure(readNpzMember(file, 'featurs'));
    expect(unknown).toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringMatching(/Did you mean features/),
    });
  },
);

test('the only array needs no name; npy and npz are told apart by content', async () => {
  const file = put('data.npy', Buffer.from(archives.find((a) => a.name === 'one array')!.file, 'base64'));
  expect((await readMatrixFile(file)).rows).toBe(3);
  await writeNpy(at('data.npz'), Float32Array.of(1, 2), [1, 2]);
  expect((await readMatrixFile(at('data.npz'))).columns).toBe(2);
  await writeNpy(at('v.npy'), Float32Array.of(1, 2), [2]);
  expect(Array.from(await readVectorFile(at('v.npy')))).toEqual([1, 2]);
  expect(Array.from(await readIndicesFile(at('v.npy')))).toEqual([1, 2]);
});

test('an archive of more than one input block', async () => {
  const n = 400_000;
  const values = Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i)));
  for (const level of [0, 6] as const) {
    const file = put('big.npz', zipSync({ 'x.npy': await npyBytes(values, [n / 4, 4]) }, { level }));
    const { data } = await readNpzMatrix(file);
    expect(values.findIndex((v, i) => v !== data[i])).toBe(-1);
  }
});

test('zip64 sizes and offsets, as archives beyond 4 GiB have them', async () => {
  const plain = Buffer.from(zipSync({ 'x.npy': await npyBytes([1, 2, 3], [3]) }, { level: 0 }));
  const start = plain.readUInt32LE(plain.length - 22 + 16);
  const entry = Buffer.from(plain.subarray(start, plain.length - 22));
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeUInt32LE(entry.readUInt32LE(24), 4);
  extra.writeUInt32LE(entry.readUInt32LE(20), 12);
  extra.writeUInt32LE(entry.readUInt32LE(42), 20);
  for (const field of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, field);
  entry.writeUInt16LE(28, 30);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeUInt32LE(44, 4);
  end64.writeUInt32LE(1, 24);
  end64.writeUInt32LE(1, 32);
  end64.writeUInt32LE(entry.length + 28, 40);
  end64.writeUInt32LE(start, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeUInt32LE(start + entry.length + 28, 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.from(plain.subarray(plain.length - 22));
  end.writeUInt16LE(0xffff, 10);
  end.fill(0xff, 12, 20);
  const file = put('zip64.npz', Buffer.concat([plain.subarray(0, start), entry, extra, end64, locator, end]));
  expect(Array.from(await readNpzVector(file))).toEqual([1, 2, 3]);
  const broken = Buffer.concat([plain.subarray(0, start), entry, extra.subarray(0, 27), end64, locator, end]);
  expect((await failure(readNpzMember(put('zip64.npz', broken)))).code).toBe('SVP_E_FORMAT');
});

describe('hostile archives', () => {
  const directoryAt = (bytes: Buffer) => bytes.readUInt32LE(bytes.length - 22 + 16);

  test('a promise beyond what deflate can hold is refused before memory is taken', async () => {
    const bytes = Buffer.from(zipSync({ 'x.npy': await npyBytes([1, 2, 3], [3]) }));
    bytes.writeUInt32LE(0xfffffff0, directoryAt(bytes) + 24);
    const e = await failure(readNpzMember(put('bomb.npz', bytes)));
    expect(e).toMatchObject({ code: 'SVP_E_FORMAT', message: expect.stringMatching(/become 4294967280/) });
  });

  test('a member larger than its array, and smaller', async () => {
    const npy = await npyBytes([1, 2, 3], [3]);
    const long = Buffer.concat([npy, Buffer.alloc(100_000)]);
    expect((await failure(readNpzMember(put('x.npz', zipSync({ 'x.npy': long }))))).message).toMatch(
      /bytes too many/,
    );
    const short = npy.subarray(0, npy.length - 2);
    expect((await failure(readNpzMember(put('x.npz', zipSync({ 'x.npy': short }))))).message).toMatch(
      /cut short/,
    );
  });

  test.each([0, 6] as const)('a flipped bit in the data (level %i)', async (level) => {
    const bytes = Buffer.from(zipSync({ 'x.npy': await npyBytes(Array(300).fill(0.3), [300]) }, { level }));
    bytes[directoryAt(bytes) - 5] ^= 4;
    expect((await failure(readNpzMember(put('x.npz', bytes)))).code).toBe('SVP_E_FORMAT');
  });

  test('a member that inflates to more or less than the directory says', async () => {
    const npy = await npyBytes([1, 2, 3, 4], [4]);
    for (const change of [-4, +4]) {
      const bytes = Buffer.from(zipSync({ 'x.npy': npy }));
      bytes.writeUInt32LE(npy.length + change, directoryAt(bytes) + 24);
      expect((await failure(readNpzMember(put('x.npz', bytes)))).code).toBe('SVP_E_FORMAT');
      // Header and directory agree, the compressed data do not.
      const other = Buffer.from(
        zipSync({ 'x.npy': await npyBytes(Array(4 + change / 4).fill(1), [4 + change / 4]) }),
      );
      other.writeUInt32LE(npy.length, directoryAt(other) + 24);
      expect((await failure(readNpzMember(put('x.npz', other)))).code).toBe('SVP_E_FORMAT');
    }
  });

  test.each([
    ['encrypted', 8, 1],
    ['method 12', 10, 12],
    ['offset outside', 42, 0x7fffffff],
    ['entry missing', 0, 0],
  ])('%s', async (_, field, value) => {
    const bytes = Buffer.from(zipSync({ 'x.npy': await npyBytes([1], [1]) }));
    const place = directoryAt(bytes) + field;
    if (field === 42 || field === 0) bytes.writeUInt32LE(value, place);
    else bytes.writeUInt16LE(value, place);
    expect((await failure(readNpzMember(put('x.npz', bytes)))).code).toBe('SVP_E_FORMAT');
  });

  test('no end record, empty, no array inside, two of one name, a zip64 locator that is not there', async () => {
    expect((await failure(readNpzMember(put('x.npz', Buffer.from('PK hello'))))).message).toMatch(
      /end record/,
    );
    expect((await failure(readNpzMember(put('x.npz', new Uint8Array())))).code).toBe('SVP_E_FORMAT');
    expect((await failure(readNpzMember(put('x.npz', zipSync({ a: new Uint8Array(3) }))))).message).toMatch(
      /no array/,
    );
    const twice = Buffer.from(
      zipSync({ 'a.npy': await npyBytes([1], [1]), 'b.npy': await npyBytes([2], [1]) }),
    );
    twice.write('a', twice.lastIndexOf('b.npy'));
    expect((await failure(readNpzMember(put('x.npz', twice), 'a'))).message).toMatch(
      /two arrays of one name/,
    );
    const zip64 = Buffer.from(zipSync({ 'a.npy': await npyBytes([1], [1]) }));
    zip64.writeUInt16LE(0xffff, zip64.length - 22 + 10);
    expect((await failure(readNpzMember(put('x.npz', zip64)))).message).toMatch(/zip64 locator/);
    expect((await failure(readNpzMember(at('missing.npz')))).code).toBe('SVP_E_FILE');
  });
});
