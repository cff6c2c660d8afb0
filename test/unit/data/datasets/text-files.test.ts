import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { loadExamples } from '../../../../src/data/datasets/registry';
import { mailText } from '../../../../src/data/datasets/spam-assassin';
import { checkExamples, takeExamples } from '../../../../src/data/examples';
import { type TextDataset, textBatchInto } from '../../../../src/data/text/text-dataset';
import { characterCodes } from '../../../reference/character-codes';
import { failure, temporaryFolder } from '../temporary';
import { makeSmallDataSets } from './small-data-sets';

const root = temporaryFolder();
const small = path.join(root, 'small');
const at = (...parts: string[]) => path.join(small, ...parts);
beforeAll(() => {
  makeSmallDataSets(small);
});

const load = (name: string) => loadExamples(name, { cacheDirectory: small });

describe('texts', () => {
  test('Amazon Polarity from a folder, Full from an archive whose test file comes first', async () => {
    const { train, test: half } = (await load('amazon_review_polarity')) as {
      train: TextDataset;
      test: TextDataset;
    };
    checkExamples(train);
    expect(train).toMatchObject({
      name: 'amazon-review-polarity/train',
      count: 200,
      classes: 2,
      length: 1014,
      symbols: 69,
      classNames: ['1', '2'],
    });
    expect([...train.labels.subarray(0, 4)]).toEqual([0, 1, 0, 1]);
    const first = (await fs.readFile(at('amazon_review_polarity_csv', 'test.csv'), 'utf8')).split('\n')[0];
    const [, subject, body] = /^"1","(.*?)","(.*)"$/.exec(first) as RegExpExecArray;
    const codes = new Int32Array(1014);
    textBatchInto(half, [0], 0, 1, codes);
    expect([...codes]).toEqual(characterCodes(`${subject} ${body.replaceAll('""', '"')}`, 1014));
    const full = (await load('amazon-review-full')) as { train: TextDataset; test: TextDataset };
    expect([full.train.count, full.test.count, full.train.classes]).toEqual([200, 60, 5]);
    const taken = takeExamples(full.train, Uint32Array.of(7, 3));
    const [both, each] = [new Int32Array(2028), new Int32Array(2028)];
    textBatchInto(taken, [0, 1], 0, 2, both);
    textBatchInto(full.train, [7, 3], 0, 2, each);
    expect(both).toEqual(each);
  });

  test('any labelled CSV, alone or as a pair; classes by name', async () => {
    const file = path.join(root, 'own.csv');
    await fs.writeFile(file, 'spam,Buy now\nham,"Hello, you"\nspam,cheap\n');
    const { train, test: half } = (await loadExamples(file)) as { train: TextDataset; test: TextDataset };
    expect([train.count, half.count, [...train.labels], train.classNames]).toEqual([
      3,
      0,
      [1, 0, 1],
      ['ham', 'spam'],
    ]);
    const folder = path.join(root, 'own');
    await fs.mkdir(folder);
    await fs.copyFile(file, path.join(folder, 'train.csv'));
    await fs.writeFile(path.join(folder, 'test.csv'), 'spam,x\n');
    const pair = (await loadExamples(folder)) as { test: TextDataset };
    expect([[...pair.test.labels], pair.test.classes]).toEqual([[1], 2]);
    await fs.writeFile(path.join(folder, 'test.csv'), 'eggs,x\n');
    expect(await failure(loadExamples(folder))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('"eggs"'),
    });
    await fs.writeFile(path.join(folder, 'train.csv'), 'spam,x\nham\n');
    expect(await failure(loadExamples(folder))).toMatchObject({ code: 'SVP_E_FORMAT', row: 1 });
  });

  test('a missing Amazon set says what is expected', async () => {
    const error = await failure(loadExamples('amazon-review-full', { cacheDirectory: root }));
    expect(error).toMatchObject({ code: 'SVP_E_FILE' });
    for (const word of ['train.csv', 'amazon_review_full_csv', '"class","subject","body"', 'https://'])
      expect(error.message).toContain(word);
  });

  test('of a mail, subject and body', () => {
    const mail = 'From x\nReceived: y\n\tz\nSubject: Hello\n  there\nX-A: b\n\nFirst  line\n\nSecond\n';
    expect(mailText(mail)).toBe('Hello there First line Second');
    expect(mailText('no headers')).toBe('');
    expect(mailText('\nbody')).toBe('body');
  });
});

describe('SpamAssassin', () => {
  test('both halves have ham and spam, and no headers', async () => {
    const { train, test: half } = (await loadExamples('spam-assassin')) as {
      train: TextDataset;
      test: TextDataset;
    };
    expect([train.count, half.count, train.classNames]).toEqual([4837, 1209, ['ham', 'spam']]);
    expect(train.labels.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(1400);
    expect(half.labels.reduce((sum, label) => sum + label, 0)).toBe(379);
  });
});
