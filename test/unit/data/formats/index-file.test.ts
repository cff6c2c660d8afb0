import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { formatIndexFile, readIndexFile, writeIndexFile } from '../../../../src/data/formats/index-file';
import { failure, temporaryFolder } from '../temporary';

const folder = temporaryFolder();
const file = path.join(folder, 'a.index');
const read = async (text: string) => {
  writeFileSync(file, text);
  return Array.from(await readIndexFile(file));
};

test.each([
  ['3\n1\n2\n', [3, 1, 2]],
  ['3\n1\n2', [3, 1, 2]],
  ['3\r\n1\r\n', [3, 1]],
  [' 3 \n\t1\n\n\n', [3, 1]],
  ['', []],
  ['\n', []],
  ['0004294967295\n0\n', [4294967295, 0]],
  ['7\n7\n', [7, 7]],
])('%j', async (text, values) => {
  expect(await read(text)).toEqual(values);
});

test.each([
  ['1\n2.5\n', 2, /not a whole number \("2\.5"\)/],
  ['1\n2\nthree\n', 3, /"three"/],
  ['-1\n', 1, /not a whole number/],
  ['1\n\n2\n', 2, /blank/],
  ['1 2\n', 1, /two numbers/],
  ['1\n4294967296\n', 2, /too large/],
  [`5\n${'9'.repeat(100_000)}\n`, 2, /too large/],
  ['1.000000000000000000e+00\n', 1, /not a whole number/],
  ['\ufeff1\n', 1, /not a whole number/],
  ['1\n2\0\n', 2, /not a whole number/],
])('%j', async (text, line, message) => {
  writeFileSync(file, text);
  const e = await failure(readIndexFile(file));
  expect(e).toMatchObject({
    code: 'SVP_E_FORMAT',
    file,
    row: line - 1,
    message: expect.stringMatching(message),
  });
  expect(e.message).toContain(`line ${line}`);
  expect(e.message.length).toBeLessThan(400);
});

test('writing and reading a million, over block ends', async () => {
  const values = Uint32Array.from({ length: 1_000_000 }, (_, i) => (i * 2654435761) >>> 0);
  await writeIndexFile(file, values);
  const back = await readIndexFile(file);
  expect(back.length).toBe(values.length);
  expect(values.findIndex((v, i) => v !== back[i])).toBe(-1);
});

test('the text has one number a line, as the reference writes it', async () => {
  expect(formatIndexFile(Uint32Array.of(5, 0, 4294967295))).toBe('5\n0\n4294967295\n');
  expect(formatIndexFile([])).toBe('');
  await writeIndexFile(file, [3, 2]);
  expect(readFileSync(file, 'utf8')).toBe('3\n2\n');
});

test('errors', async () => {
  expect(() => formatIndexFile([1, -1])).toThrow(/Index 1 is -1/);
  expect(() => formatIndexFile([1.5])).toThrow(/Index 0 is 1.5/);
  expect(() => formatIndexFile('12' as never)).toThrow(/Uint32Array/);
  expect((await failure(writeIndexFile(path.join(folder, 'no', 'x'), [1]))).code).toBe('SVP_E_WRITE');
  expect((await failure(readIndexFile(path.join(folder, 'none')))).code).toBe('SVP_E_FILE');
  expect(readdirSync(folder).filter((f) => f.endsWith('.tmp'))).toEqual([]);
});
