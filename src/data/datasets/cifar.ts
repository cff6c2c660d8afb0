import { throwIfAborted } from '../../core/abort';
import { ProgressMeter } from '../../core/progress';
import { SvpError } from '../../errors';
import { checkDataset, type ImageDataset, type ImageSplits } from '../dataset';
import { type ByteStream, fillOrThrow } from '../formats/byte-stream';
import { type DataForm, type DataPlace, expected, readMembers } from './data-files';
import type { LoadOptions } from './load-options';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

interface Kind {
  form: DataForm;
  name: string;
  train: readonly string[];
  test: readonly string[];
  /** Bytes of class numbers before the pixels of an image; the last one counts. */
  labelBytes: number;
  classes: number;
  /** The file of class names, one a line. */
  names: string;
  /** Of the training images: the reference's constants. */
  mean: number[];
  std: number[];
}

const KINDS: Record<'cifar10' | 'cifar100', Kind> = {
  cifar10: {
    form: {
      title: 'CIFAR-10 (binary version)',
      members: [
        'data_batch_1.bin',
        'data_batch_2.bin',
        'data_batch_3.bin',
        'data_batch_4.bin',
        'data_batch_5.bin',
        'test_batch.bin',
      ],
      folders: ['cifar-10-batches-bin'],
      archives: ['cifar-10-binary.tar.gz', 'cifar-10-binary.tar'],
      source: 'https://www.cs.toronto.edu/~kriz/cifar.html',
      content: 'records of 1 byte class and 3,072 bytes pixels',
    },
    name: 'cifar10',
    train: [
      'data_batch_1.bin',
      'data_batch_2.bin',
      'data_batch_3.bin',
      'data_batch_4.bin',
      'data_batch_5.bin',
    ],
    test: ['test_batch.bin'],
    labelBytes: 1,
    classes: 10,
    names: 'batches.meta.txt',
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.24703223, 0.24348512, 0.26158784],
  },
  cifar100: {
    form: {
      title: 'CIFAR-100 (binary version)',
      members: ['train.bin', 'test.bin'],
      folders: ['cifar-100-binary'],
      archives: ['cifar-100-binary.tar.gz', 'cifar-100-binary.tar'],
      source: 'https://www.cs.toronto.edu/~kriz/cifar.html',
      content: 'records of 2 bytes classes, coarse and fine, and 3,072 bytes pixels',
    },
    name: 'cifar100',
    train: ['train.bin'],
    test: ['test.bin'],
    labelBytes: 2,
    classes: 100,
    names: 'fine_label_names.txt',
    mean: [0.5071, 0.4866, 0.4409],
    std: [0.26733428, 0.25643846, 0.27615047],
  },
};

export const CIFAR10_FORM = KINDS.cifar10.form;
export const CIFAR100_FORM = KINDS.cifar100.form;

/** Images read from the stream between two looks at the abort signal. */
const STEP = 1000;

interface Half {
  images: Uint8Array;
  labels: Uint8Array;
}

/** One file: records of class bytes and three planes, red, green, blue; delivered height × width × channels. */
async function readRecords(stream: ByteStream, kind: Kind, o: LoadOptions): Promise<Half> {
  const { size, name, file } = stream;
  const record = kind.labelBytes + PIXELS;
  if (size === undefined || size === 0 || size % record !== 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${name} has ${size ?? 'an unknown number of'} bytes, which is no multiple of the ${record} of a record: it is cut short, or no ${kind.form.title}. ${expected(kind.form)}`,
      { file },
    );
  }
  const count = size / record;
  const half = { images: new Uint8Array(count * PIXELS), labels: new Uint8Array(count) };
  const records = Buffer.alloc(Math.min(STEP, count) * record);
  for (let row = 0; row < count; row += STEP) {
    throwIfAborted(o.signal);
    const n = Math.min(STEP, count - row);
    const part = records.subarray(0, n * record);
    await fillOrThrow(stream, part, 'records');
    for (let i = 0; i < n; i++) {
      const label = part[i * record + kind.labelBytes - 1];
      if (label >= kind.classes) {
        throw new SvpError(
          'SVP_E_FORMAT',
          `${name}: image ${row + i} is of class ${label}, but there are ${kind.classes}: the file is damaged, or no ${kind.form.title}.`,
          { file, row: row + i },
        );
      }
      half.labels[row + i] = label;
      interleave(half.images, (row + i) * PIXELS, part, i * record + kind.labelBytes);
    }
  }
  return half;
}

function interleave(target: Uint8Array, at: number, source: Uint8Array, from: number): void {
  for (let p = 0, to = at; p < PLANE; p++, to += 3) {
    target[to] = source[from + p];
    target[to + 1] = source[from + PLANE + p];
    target[to + 2] = source[from + 2 * PLANE + p];
  }
}

async function readNames(stream: ByteStream): Promise<string[]> {
  const bytes = Buffer.alloc(Math.min(1 << 16, stream.atMost));
  const got = await stream.fill(bytes);
  return bytes
    .toString('utf8', 0, got)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The files of one half, in their order, on shared memory. */
function joined(names: readonly string[], parts: Map<string, Half>): Half & { count: number } {
  const halves = names.map((name) => parts.get(name) as Half);
  const count = halves.reduce((sum, { labels }) => sum + labels.length, 0);
  const images = new Uint8Array(new SharedArrayBuffer(count * PIXELS));
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  let row = 0;
  for (const half of halves) {
    images.set(half.images, row * PIXELS);
    labels.set(half.labels, row);
    row += half.labels.length;
  }
  return { images, labels, count };
}

/**
 * CIFAR-10 or CIFAR-100 from the binary distribution, as folder or as archive, which is read as a stream and never
 * unpacked to disk. 50,000 + 10,000 images of 32 × 32 × 3; CIFAR-100 with its fine classes.
 * @throws SvpError SVP_E_FORMAT (wrong size, a class too large, a missing file), SVP_E_FILE, SVP_E_ABORT
 */
export async function loadCifar(
  name: 'cifar10' | 'cifar100',
  place: DataPlace,
  o: LoadOptions,
): Promise<ImageSplits> {
  const kind = KINDS[name];
  const parts = new Map<string, Half>();
  let classNames: string[] = [];
  const meter = new ProgressMeter(
    `reading ${kind.form.title}`,
    kind.form.members.length,
    'files',
    o.onProgress,
  );
  await readMembers(
    place,
    async (member, stream) => {
      if (member === kind.names) classNames = await readNames(stream);
      else parts.set(member, await readRecords(stream, kind, o));
      meter.report(parts.size);
    },
    [kind.names],
  );
  if (classNames.length !== kind.classes)
    classNames = Array.from({ length: kind.classes }, (_, i) => String(i));
  const common = {
    height: SIDE,
    width: SIDE,
    channels: 3,
    classes: kind.classes,
    classNames,
    mean: kind.mean,
    std: kind.std,
    note: `From ${place.path}; mean and standard deviation are the constants of the paper’s reference.`,
  };
  const train: ImageDataset = { name: `${name}/train`, ...joined(kind.train, parts), ...common };
  const test: ImageDataset = { name: `${name}/test`, ...joined(kind.test, parts), ...common };
  checkDataset(train, train.name);
  checkDataset(test, test.name);
  return { train, test };
}
