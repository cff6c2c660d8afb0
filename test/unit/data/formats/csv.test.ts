import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { ByteStream } from '../../../../src/data/formats/byte-stream';
import { CsvReader, openCsvFile } from '../../../../src/data/formats/csv';
import { failure, temporaryFolder } from '../temporary';

const root = temporaryFolder();

/** A stream over bytes that hands out at most `step` at a time. */
function pieces(content: string | Uint8Array, step = 3): ByteStream {
  const bytes = Buffer.from(content);
  let position = 0;
  return {
    name: 'x.csv',
    file: 'x.csv',
    size: bytes.length,
    atMost: bytes.length,
    get position() {
      return position;
    },
    fill: async (target) => {
      const part = bytes.subarray(position, position + Math.min(step, target.length));
      target.set(part);
      position += part.length;
      return part.length;
    },
    close: async () => {},
  };
}

async function read(stream: ByteStream): Promise<{ records: string[][]; offsets: number[] }> {
  const csv = new CsvReader(stream);
  const records: string[][] = [];
  const offsets: number[] = [];
  for (;;) {
    if (!csv.next()) {
      if (await csv.refill()) continue;
      break;
    }
    expect(csv.row).toBe(records.length);
    records.push(Array.from({ length: csv.fields }, (_, f) => csv.text(f)));
    offsets.push(csv.offset);
  }
  return { records, offsets };
}

const cases: [string, string][] = [
  ['plain', 'a,b\n1,2\n'],
  ['no last line end', 'a,b\n1,2'],
  ['carriage returns', 'a,b\r\n1,"2"\r\n'],
  ['quotes', '"1","a ""quoted"" word","line\nbreak, and comma"\n"2","",""\n'],
  ['quotes at the end', '"1","""x"""'],
  ['empty fields', ',\n,,\n"",\n'.replace(',,\n', ',\n')],
  ['empty lines', '\n\na,b\n\n\nc,d\n\n'],
  ['one column', 'a\nb\n'],
  ['byte order mark', '\ufeffa,b\n'],
  ['other scripts', '1,"日本語 \u{1f600}"\n'],
];

test.each(cases)('%s: the same as csv-parse, however the bytes come', async (_name, content) => {
  const wanted = parse(content, { bom: true, skip_empty_lines: true, relax_column_count: true });
  for (const step of [3, 4, 7, 1000]) expect((await read(pieces(content, step))).records).toEqual(wanted);
});

test('generated records survive, and offsets lead back to them', async () => {
  const field = fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', '\\', ' ', '\u{1f600}'),
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 40 }),
      async (records, step) => {
        const content = records
          .map((r) => `${r.map((f) => `"${f.replaceAll('"', '""')}"`).join(',')}\n`)
          .join('');
        const { records: got, offsets } = await read(pieces(content, step));
        expect(got).toEqual(records);
        const bytes = Buffer.from(content);
        const k = Math.floor(offsets.length / 2);
        expect((await read(pieces(bytes.subarray(offsets[k])))).records).toEqual(records.slice(k));
      },
    ),
    { numRuns: 200 },
  );
});

test('records longer than a step, and gzip', async () => {
  const long = `"1","${'x'.repeat(1_500_000)}"\n"2","y"\n`;
  const file = path.join(root, 'long.csv.gz');
  await fs.writeFile(file, gzipSync(long));
  const stream = await openCsvFile(file);
  const { records } = await read(stream);
  await stream.close();
  expect(records.map((r) => r[1].length)).toEqual([1_500_000, 1]);
});

test.each([
  ['an open quote', '"1","abc\n2,b\n', /record 1 ends inside quotes/],
  ['text behind a quote', 'a,b\n"1"x,2\n', /record 2 has text behind the closing quote of field 1/],
  ['too many fields', ','.repeat(2000), /record 1 has more than 1024 fields/],
])('%s is a typed error with its record', async (_name, content, message) => {
  expect(await failure(read(pieces(content, 50)))).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringMatching(message),
    file: 'x.csv',
  });
});

test('an open quote in a large file costs bounded memory', async () => {
  const error = await failure(read(pieces(Buffer.alloc(20 << 20, '"x,'), 1 << 20)));
  expect(error.code).toBe('SVP_E_FORMAT');
});

test('random bytes never crash or hang', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await read(pieces(bytes, 11)).catch((error) => expect(error.code).toBe('SVP_E_FORMAT'));
    }),
  );
});
