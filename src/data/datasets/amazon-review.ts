import { ProgressMeter } from '../../core/progress';
import { SvpError } from '../../errors';
import { type ByteStream, withStream } from '../formats/byte-stream';
import { openCsvFile } from '../formats/csv';
import { readTextDataset, type TextDataset, type TextSplits } from '../text/text-dataset';
import { type DataForm, type DataPlace, readMembers } from './data-files';
import type { LoadOptions } from './load-options';

const SOURCE =
  'the authors (X. Zhang, J. Zhao, Y. LeCun 2015) and the mirror https://s3.amazonaws.com/fast-ai-nlp/';
const CONTENT = 'lines of "class","subject","body", quotes doubled, class from 1';

export const AMAZON_FORMS: Record<'amazon-review-polarity' | 'amazon-review-full', DataForm> = {
  'amazon-review-polarity': {
    title: 'Amazon Review Polarity',
    members: ['train.csv', 'test.csv'],
    folders: ['amazon_review_polarity_csv', 'amazon-review-polarity'],
    archives: ['amazon_review_polarity_csv.tar.gz', 'amazon_review_polarity_csv.tgz'],
    source: SOURCE,
    content: CONTENT,
  },
  'amazon-review-full': {
    title: 'Amazon Review Full',
    members: ['train.csv', 'test.csv'],
    folders: ['amazon_review_full_csv', 'amazon-review-full'],
    archives: ['amazon_review_full_csv.tar.gz', 'amazon_review_full_csv.tgz'],
    source: SOURCE,
    content: CONTENT,
  },
};

/** Both halves must name the same classes, or some of the test's if not all occur. */
function sameClasses({ train, test }: TextSplits, file: string): TextSplits {
  const numbers = test.classNames.map((name) => train.classNames.indexOf(name));
  const unknown = numbers.indexOf(-1);
  if (unknown >= 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file}: the test file has the class "${test.classNames[unknown]}", which the training file has not. Do both belong together?`,
      { file },
    );
  }
  const labels = test.labels.map((label) => numbers[label]);
  return { train, test: { ...test, labels, classes: train.classes, classNames: train.classNames } };
}

/**
 * A labelled CSV data set of two files, train.csv and test.csv: class, then columns of text, as the Amazon review sets
 * (3.6 million + 400,000 reviews in two classes, 3 million + 650,000 in five). From a folder, or from an archive that is
 * read as a stream and never unpacked to disk. Class numbers count from the smallest.
 *
 * Memory: a byte per character, 1.6 GB for Amazon Review Polarity.
 * @throws SvpError SVP_E_FORMAT (with the record), SVP_E_FILE, SVP_E_MEMORY, SVP_E_ABORT
 */
export async function loadCsvSplits(name: string, place: DataPlace, o: LoadOptions): Promise<TextSplits> {
  const halves: Partial<TextSplits> = {};
  const read = async (member: string, stream: ByteStream): Promise<void> => {
    const half = member === 'train.csv' ? 'train' : 'test';
    const total = stream.size ?? 0;
    const meter = new ProgressMeter(`reading ${name} (${member})`, total / 1e6, 'MB', o.onProgress);
    const dataset = await readTextDataset(stream, {
      name: `${name}/${half}`,
      ...(o.signal && { signal: o.signal }),
      onBytes: (bytes) => meter.report(bytes / 1e6),
    });
    halves[half] = { ...dataset, note: `From ${place.path}.` };
  };
  await readMembers(place, read);
  return sameClasses(halves as TextSplits, place.path);
}

/** A labelled CSV file without a test half: an empty one stands for it. */
export async function loadCsvFile(file: string, name: string, o: LoadOptions): Promise<TextSplits> {
  const train = await withStream(openCsvFile(file), (stream) =>
    readTextDataset(stream, { name: `${name}/train`, ...(o.signal && { signal: o.signal }) }),
  );
  return { train, test: emptyTexts(train, `${name}/test`) };
}

/** No texts, of the same classes. */
export function emptyTexts(like: TextDataset, name: string): TextDataset {
  return {
    ...like,
    name,
    codes: new Uint8Array(0),
    offsets: new Float64Array(1),
    labels: new Uint16Array(0),
    count: 0,
  };
}
