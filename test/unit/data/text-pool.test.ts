import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { openCsvFile } from '../../../src/data/formats/csv';
import type { PoolBatch, PoolSource } from '../../../src/data/pool';
import { checkTextDataset, readTextDataset, textBatchInto } from '../../../src/data/text/text-dataset';
import { openTextPool } from '../../../src/data/text-pool';
import { characterCodes } from '../../reference/character-codes';
import { failure, temporaryFolder } from './temporary';

const root = temporaryFolder();

async function written(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(root, name);
  await fs.writeFile(file, content);
  return file;
}

const quoted = (...fields: string[]) => `${fields.map((f) => `"${f.replaceAll('"', '""')}"`).join(',')}\n`;

async function all(pool: PoolSource, o: { batchSize: number; first?: number }): Promise<PoolBatch[]> {
  const batches: PoolBatch[] = [];
  for await (const batch of pool.batches(o)) batches.push(batch);
  return batches;
}

const rows: [string, string, string][] = [
  ['3', 'Great "CD"', 'Line one\\nline two. 100% (really) ^ ˆ \\ back'],
  ['1', '', ''],
  ['5', 'naïve 日本 \u{1f600}!', 'K temperature'],
  ['1', 'x'.repeat(1000), 'y'.repeat(100)],
];
const csv = rows.map((r) => quoted(...r)).join('');
const text = ([, subject, body]: [string, string, string]) => `${subject} ${body}`;

test('codes, classes and shapes of a review file', async () => {
  const pool = await openTextPool(await written('a.csv', csv));
  expect(pool).toMatchObject({ count: 4, itemShape: [1014], dtype: 'int32', classNames: ['1', '3', '5'] });
  expect([...(pool.labels ?? [])]).toEqual([1, 0, 2, 0]);
  const batches = await all(pool, { batchSize: 3 });
  expect(batches.map(({ first, size }) => [first, size])).toEqual([
    [0, 3],
    [3, 1],
  ]);
  const got = batches.flatMap(({ values, size }) =>
    Array.from({ length: size }, (_, i) => [...values.subarray(i * 1014, (i + 1) * 1014)]),
  );
  expect(got).toEqual(rows.map((row) => characterCodes(text(row), 1014)));
});

test('int64, other lengths, no labels, a header, gzip', async () => {
  const plain = await written('b.csv', `text\n${quoted('Hello, World')}${quoted('x')}`);
  const pool = await openTextPool(plain, { labels: false, header: true, length: 5, dtype: 'int64' });
  expect(pool.labels).toBeUndefined();
  const [{ values }] = await all(pool, { batchSize: 9 });
  expect([...(values as BigInt64Array)].map(Number)).toEqual([
    ...characterCodes('Hello, World', 5),
    ...characterCodes('x', 5),
  ]);
  const packed = await openTextPool(await written('c.csv.gz', gzipSync(csv)), { length: 30 });
  const [last] = await all(packed, { batchSize: 2, first: 3 });
  expect(last).toMatchObject({ first: 3, size: 1 });
  expect([...(last.values as Int32Array)]).toEqual(characterCodes('x'.repeat(30), 30));
});

test('a pass may begin at any row of a long file', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => quoted(String(i % 2), `row ${i}`)).join('');
  const pool = await openTextPool(await written('many.csv', many), { length: 12 });
  for (const first of [0, 1, 1023, 1024, 1025, 4999, 5000]) {
    const batches = await all(pool, { batchSize: 700, first });
    expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(5000 - first);
    if (first < 5000)
      expect([...(batches[0].values as Int32Array).subarray(0, 12)]).toEqual(
        characterCodes(`row ${first}`, 12),
      );
  }
  const before = await pool.fingerprint();
  await fs.appendFile(path.join(root, 'many.csv'), quoted('1', 'more'));
  expect(await pool.fingerprint()).not.toBe(before);
});

test('any text gives the codes of the plain statement', async () => {
  const unit = fc.constantFrom(...'aZ0 "\\n,^ˆéK\u{1f600}', '\\n', '""', '\n');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ unit }), fc.string({ unit })), { minLength: 1, maxLength: 6 }),
      async (pairs) => {
        const file = await written('p.csv', pairs.map(([a, b]) => quoted('1', a, b)).join(''));
        const wanted = pairs.map(([a, b]) => characterCodes(`${a} ${b}`, 20));
        const pool = await openTextPool(file, { length: 20 });
        const [{ values }] = await all(pool, { batchSize: 10 });
        expect([...(values as Int32Array)]).toEqual(wanted.flat());
        const stream = await openCsvFile(file);
        const dataset = await readTextDataset(stream, { name: 'p', length: 20 });
        await stream.close();
        checkTextDataset(dataset);
        const target = new Int32Array(pairs.length * 20).fill(-1);
        textBatchInto(dataset, [...pairs.keys()], 0, pairs.length, target);
        expect([...target]).toEqual(wanted.flat());
      },
    ),
    { numRuns: 100 },
  );
});

test('wrong files and options are typed errors', async () => {
  const open = async (content: string, o = {}) => failure(openTextPool(await written('w.csv', content), o));
  expect(await failure(openTextPool(path.join(root, 'gone.csv')))).toMatchObject({ code: 'SVP_E_FILE' });
  expect(await open('')).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringContaining('is empty'),
  });
  expect(await open('1,a\n2,b,c\n')).toMatchObject({
    code: 'SVP_E_FORMAT',
    row: 1,
    message: expect.stringContaining('record 2 has 3 columns'),
  });
  expect(await open('a\nb\n')).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringContaining('one column'),
  });
  expect(await open('1,a\n,b\n')).toMatchObject({
    code: 'SVP_E_FORMAT',
    row: 1,
    message: expect.stringContaining('no class'),
  });
  expect(await open('1,"a')).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringContaining('inside quotes'),
  });
  expect(await open('1,a\n', { lenght: 3 })).toMatchObject({
    code: 'SVP_E_OPTION',
    message: expect.stringContaining('length'),
  });
});
