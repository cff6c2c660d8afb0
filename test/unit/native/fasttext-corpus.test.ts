import { promises as fs } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readTextCorpus, textCorpus } from '../../../src/native/fasttext-corpus';
import { trainFastText } from '../../../src/training/fasttext';
import { failure, temporaryFolder } from '../data/temporary';

const folder = temporaryFolder();
let files = 0;

async function fileOf(content: string | Uint8Array, name = `${files++}.txt`): Promise<string> {
  const file = path.join(folder, name);
  await fs.writeFile(file, content);
  return file;
}

/** The vocabulary with its counts, most frequent first. */
async function wordsOf(texts: string[], normalize = false): Promise<string[]> {
  const model = await trainFastText({
    texts,
    labels: texts.map(() => 0),
    normalize,
    epochs: 0,
    dim: 1,
    wordNgrams: 1,
  });
  const { words, counts } = model.vocabulary();
  return words
    .flatMap((word, i) => new Array<string>(counts[i]).fill(word))
    .filter((word) => word !== '</s>');
}

describe('words', () => {
  test('stand between blanks, as they are', async () => {
    const words = await wordsOf([' a\tB\u00a0b  c\r', '\v\f', '', 'Ünï "x".']);
    expect(words.sort()).toEqual(['"x".', 'B\u00a0b', 'a', 'c', 'Ünï'].sort());
  });

  test('normalised as the paper’s scripts do', async () => {
    const words = await wordsOf(['It\'s "GREAT"!<br />(Really;truly:no?)<b>, a.b'], true);
    expect(words.sort()).toEqual(
      [
        'it',
        "'",
        's',
        'great',
        '!',
        '(',
        'really',
        'truly',
        'no',
        '?',
        ')',
        '<b>',
        ',',
        'a',
        '.',
        'b',
      ].sort(),
    );
  });

  test('whatever the bytes are, reading a file equals reading its lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\n', ' ').replaceAll('__label__', ' ')),
        ),
        async (texts) => {
          const labelled = await readTextCorpus(
            await fileOf(texts.map((text) => `${text} __label__a\n`).join(''), 'any.txt'),
          );
          const plain = await textCorpus(texts);
          expect([labelled.examples, labelled.tokens, labelled.words]).toEqual([
            plain.examples,
            plain.tokens,
            plain.words,
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('labels', () => {
  test('are numbered by value where they are numbers, else by their characters', async () => {
    const numbers = await readTextCorpus(await fileOf('__label__10 a\n__label__9 b\nc __label__2'));
    expect(numbers).toMatchObject({
      labelNames: ['2', '9', '10'],
      labels: Uint32Array.of(2, 1, 0),
      examples: 3,
    });
    const names = await textCorpus(['a', 'b', 'c'], { labels: ['spam', 'ham', 'spam'] });
    expect(names).toMatchObject({ labelNames: ['ham', 'spam'], labels: Uint32Array.of(1, 0, 1) });
  });

  test.each([
    [{ labels: [0, 1] }, 'SVP_E_SHAPE'],
    [{ labels: [0, 1, -1] }, 'SVP_E_INDEX'],
    [{ labels: [0, 1.5, 1] }, 'SVP_E_INDEX'],
    [{ labels: ['a', 'b', 3] }, 'SVP_E_INDEX'],
    [{ labels: ['a', 'b', 'c'], labelNames: ['a', 'b'] }, 'SVP_E_INDEX'],
    [{ lables: [0, 1, 2] }, 'SVP_E_OPTION'],
  ])('%j', async (options, code) => {
    expect((await failure(textCorpus(['a', 'b', 'c'], options as object))).code).toBe(code);
  });
});

describe('files that are not what they should be', () => {
  const cases: [string, string | Uint8Array, object, string, number | undefined, RegExp][] = [
    ['no label', '__label__a x\nwords alone\n', {}, 'SVP_E_FORMAT', 1, /line 2 has no label/],
    ['two labels', '__label__a __label__b x\n', {}, 'SVP_E_FORMAT', 0, /more than one label/],
    ['a blank line between', '__label__a x\n\n__label__a y\n', {}, 'SVP_E_FORMAT', 1, /line 2 is blank/],
    [
      'a CSV record of another length',
      'a,b\nc,d,e\n',
      { format: 'csv' },
      'SVP_E_FORMAT',
      1,
      /3 columns.*has 2/,
    ],
    ['an open quote', 'a,"b\nc,d\n', { format: 'csv' }, 'SVP_E_FORMAT', 0, /never closed/],
    ['a quote in a plain field', 'a,b"c"\n', { format: 'csv' }, 'SVP_E_FORMAT', 0, /inside a field/],
    ['text after a quote', 'a,"b"c\n', { format: 'csv' }, 'SVP_E_FORMAT', 0, /after the quote/],
    ['an empty label', '"",b\n', { format: 'csv' }, 'SVP_E_FORMAT', 0, /without a label/],
    ['one column', 'a\nb\n', { format: 'csv' }, 'SVP_E_FORMAT', 0, /column of labels and one of text/],
    ['too few columns', 'a,b\n', { format: 'csv', labelColumn: 5 }, 'SVP_E_FORMAT', 0, /2 columns/],
    ['a gigantic line', new Uint8Array(17 << 20).fill(97), {}, 'SVP_E_FORMAT', 0, /longer than 16 MiB/],
    ['a gigantic field', `a,"${'b'.repeat(17 << 20)}"`, { format: 'csv' }, 'SVP_E_FORMAT', 0, /16 MiB/],
    ['UTF-16', Buffer.from('__label__a x\n', 'utf16le'), {}, 'SVP_E_FORMAT', 0, /no label/],
    [
      'a gzip cut short',
      gzipSync('__label__a x\n'.repeat(50)).subarray(0, -9),
      {},
      'SVP_E_FORMAT',
      undefined,
      /gzip/,
    ],
    ['a gzip of no labels', gzipSync('x\n'), {}, 'SVP_E_FORMAT', 0, /\.txt, line 1 has no label/],
  ];
  test.each(cases)('%s', async (_name, content, options, code, row, message) => {
    const file = await fileOf(content);
    const error = await failure(readTextCorpus(file, options));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    if (row !== undefined) expect(error.row).toBe(row);
    expect(error.message).toContain(file);
  });

  test.each([['nothing.txt'], ['.']])('%s is no file', async (name) => {
    expect((await failure(readTextCorpus(path.join(folder, name)))).code).toBe('SVP_E_FILE');
  });

  test('blank lines at the end, a byte order mark and bytes that are no UTF-8 are read', async () => {
    const bytes = Buffer.concat([
      Buffer.from('\uFEFF__label__a x\r\n'),
      Buffer.from([0xff, 0xfe, 0x20, 0x80, 0x20]),
      Buffer.from('__label__b\n\n \n\n'),
    ]);
    expect(await readTextCorpus(await fileOf(bytes))).toMatchObject({
      examples: 2,
      labelNames: ['a', 'b'],
      words: 4,
    });
    expect(await readTextCorpus(await fileOf(''))).toMatchObject({ examples: 0, tokens: 0 });
  });

  test('CSV: quotes, line ends in them, a heading, chosen columns', async () => {
    const csv = 'id,label,"te""xt"\r\n1,2,"a ""b"",\nc"\r\n2,1,\r\n\r\n';
    const options = { header: true, labelColumn: 1, textColumns: [2] };
    const corpus = await readTextCorpus(await fileOf(csv, 'some.csv'), options);
    expect(corpus).toMatchObject({ examples: 2, labelNames: ['1', '2'], labels: Uint32Array.of(1, 0) });
    expect(corpus.tokens).toBe(3 + 2);
    const pieces = await readTextCorpus(await fileOf(gzipSync(csv), 'some.csv.gz'), options);
    expect(pieces.tokens).toBe(corpus.tokens);
    const unlabelled = await readTextCorpus(await fileOf('a,b\n', 'plain.csv'), { labelColumn: null });
    expect(unlabelled).toMatchObject({ examples: 1, tokens: 3, labels: undefined });
  });
});
