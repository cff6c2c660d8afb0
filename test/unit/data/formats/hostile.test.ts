import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { zipSync } from 'fflate';
import { readMatrixFile } from '../../../../src/data/formats/array-file';
import { readIdx } from '../../../../src/data/formats/idx';
import { readIndexFile } from '../../../../src/data/formats/index-file';
import { readNpy } from '../../../../src/data/formats/npy';
import { formatNpyHeader } from '../../../../src/data/formats/npy-header';
import { readNpzMember } from '../../../../src/data/formats/npz';
import { temporaryFolder } from '../temporary';

/** R6: whatever the bytes, the answer is an array or an SvpError, soon, within the memory that the file warrants. */
const folder = temporaryFolder();
const file = path.join(folder, 'hostile');
/** The largest result that a file of `bytes` can hold: deflate expands 1032-fold, a float16 doubles. */
const warranted = (bytes: number) => bytes * 1032 * 2 + 64;

async function survives(
  bytes: Uint8Array,
  read: (f: string) => Promise<{ data: ArrayBufferView } | ArrayBufferView>,
) {
  writeFileSync(file, bytes);
  try {
    const result = await read(file);
    const data = ArrayBuffer.isView(result) ? result : result.data;
    expect(data.byteLength).toBeLessThanOrEqual(warranted(bytes.length));
  } catch (error) {
    expect((error as { code?: string }).code).toMatch(/^SVP_E_(FORMAT|SHAPE|NONFINITE|OPTION)$/);
  }
}

const npy = Buffer.concat([
  formatNpyHeader('<f4', [5, 4]),
  Buffer.from(new Float32Array(20).fill(1.25).buffer),
]);
const idx = Buffer.concat([Buffer.from('000008020000000500000004', 'hex'), Buffer.alloc(20, 7)]);
const stored = Buffer.from(zipSync({ 'a.npy': npy, 'b.npy': npy }, { level: 0 }));
const deflated = Buffer.from(zipSync({ 'a.npy': npy, 'b.npy': npy }));
const indices = Buffer.from('12\n7\n99999\n0\n');

/** A good file with some bytes overwritten, a piece cut out or put in. */
function damaged(good: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat(good.length - 1),
    cut: fc.oneof(fc.constant(0), fc.nat(8)),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.constantFrom(...['ff', '00', '7fffffff', 'ffffffff', '28', '2c'].map((h) => Buffer.from(h, 'hex'))),
    ),
    over: fc.boolean(),
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let bytes = Buffer.from(good);
    for (const e of edits) {
      const at = Math.min(e.at, bytes.length);
      const cut = e.over ? e.put.length : e.cut;
      bytes = Buffer.concat([bytes.subarray(0, at), e.put, bytes.subarray(Math.min(bytes.length, at + cut))]);
    }
    return bytes;
  });
}

const kinds: [string, Buffer, (f: string) => Promise<{ data: ArrayBufferView } | ArrayBufferView>][] = [
  ['npy', npy, readNpy],
  ['npy as a matrix', npy, (f) => readMatrixFile(f)],
  ['npz, stored', stored, (f) => readNpzMember(f, 'b')],
  ['npz, deflated', deflated, (f) => readNpzMember(f, 'b')],
  ['idx', idx, (f) => readIdx(f)],
  ['idx.gz', gzipSync(idx), (f) => readIdx(f)],
  ['index file', indices, readIndexFile],
];

test.each(kinds)('%s: damaged', async (_, good, read) => {
  await fc.assert(
    fc.asyncProperty(damaged(good), (bytes) => survives(bytes, read)),
    { numRuns: 400 },
  );
});

test.each(kinds)('%s: cut at every byte', async (_, good, read) => {
  for (let n = 0; n < good.length; n++) await survives(good.subarray(0, n), read);
});

test.each(kinds)('%s: noise behind a true beginning', async (_, good, read) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(16), fc.uint8Array({ maxLength: 200 }), (keep, noise) =>
      survives(Buffer.concat([good.subarray(0, keep), noise]), read),
    ),
    { numRuns: 200 },
  );
});

test('npy headers of random tokens', async () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    ',',
    ':',
    "'",
    '"',
    'descr',
    'shape',
    'fortran_order',
    '<f4',
    'True',
    'False',
    ' ',
    '\n',
    '3',
    '-1',
    '0',
    '99999999999999999999',
    'L',
    '[',
    ']',
    '\0',
    'é',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(token, { maxLength: 40 }), fc.constantFrom(1, 2, 3), (tokens, version) => {
      const text = Buffer.from(tokens.join(''), 'utf8');
      const length = Buffer.alloc(version === 1 ? 2 : 4);
      length[0] = text.length & 255;
      length[1] = text.length >> 8;
      return survives(
        Buffer.concat([
          Buffer.from('\x93NUMPY', 'latin1'),
          Buffer.from([version, 0]),
          length,
          text,
          Buffer.alloc(48),
        ]),
        readNpy,
      );
    }),
    { numRuns: 500 },
  );
});
