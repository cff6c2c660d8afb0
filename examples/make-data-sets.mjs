// Writes small data sets in the true formats of the paper's five, to try `svp train` without gigabytes of downloads:
//   node examples/make-data-sets.mjs FOLDER
// FOLDER then holds cifar-10-batches-bin, cifar-10-binary.tar.gz, cifar-100-binary, imagenet, amazon_review_polarity_csv,
// amazon_review_full_csv.tar.gz, idx and npy. Each class has a colour or words of its own, so that there is something to learn.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { pack } from 'tar-stream';

const folder = process.argv[2] ?? path.join(tmpdir(), 'svp-small-data-sets');

// A generator of its own, so that every machine writes the same bytes (mulberry32).
let state = 1;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** A noisy picture in the colour of its class, height × width × 3. */
function picture(label, classes, height, width) {
  const hue = (6 * label) / classes;
  const colour = [0, 2, 4].map(
    (shift) => 40 + 170 * Math.max(0, Math.min(1, Math.abs(((hue + shift) % 6) - 3) - 1)),
  );
  return Buffer.from(
    Array.from({ length: height * width * 3 }, (_, i) =>
      Math.max(0, Math.min(255, colour[i % 3] + 60 * (random() - 0.5))),
    ),
  );
}

function write(file, content) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
}

/** Bytes of a .tar.gz of the files. */
async function archive(files) {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const chunks = [];
  for await (const chunk of tar) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

/** Records as CIFAR has them: class bytes, then the red, the green and the blue plane. */
function cifar(count, classes, coarse) {
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const label = i % classes;
      const pixels = picture(label, classes, 32, 32);
      const planes = Buffer.alloc(3072);
      for (let p = 0; p < 1024; p++) for (let c = 0; c < 3; c++) planes[c * 1024 + p] = pixels[p * 3 + c];
      return Buffer.concat([Buffer.from(coarse ? [Math.floor(label / 5), label] : [label]), planes]);
    }),
  );
}

const batches = Object.fromEntries(
  [1, 2, 3, 4, 5]
    .map((n) => [`data_batch_${n}.bin`, cifar(40, 10, false)])
    .concat([['test_batch.bin', cifar(40, 10, false)]]),
);
batches['batches.meta.txt'] = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';
for (const [name, content] of Object.entries(batches)) write(`cifar-10-batches-bin/${name}`, content);
write(
  'cifar-10-binary.tar.gz',
  await archive(
    Object.fromEntries(
      Object.entries(batches).map(([name, content]) => [`cifar-10-batches-bin/${name}`, content]),
    ),
  ),
);
write('cifar-100-binary/train.bin', cifar(300, 100, true));
write('cifar-100-binary/test.bin', cifar(100, 100, true));

for (const [half, count] of [
  ['train', 12],
  ['val', 4],
]) {
  for (const [label, name] of ['n01440764', 'n01443537', 'n01484850'].entries()) {
    for (let i = 0; i < count; i++) {
      const [height, width] = [60 + 10 * (i % 3), 90 - 10 * (i % 2)];
      const raw = { width, height, channels: 3 };
      const jpeg = await sharp(picture(label, 3, height, width), { raw })
        .jpeg({ quality: 90 })
        .toBuffer();
      write(`imagenet/${half}/${name}/${name}_${i}.JPEG`, jpeg);
    }
  }
}

const words = {
  good: ['wonderful', 'great', 'loved', 'perfect'],
  bad: ['broken', 'awful', 'waste', 'returned'],
};
const filler = ['the', 'book', 'it', 'was', 'a', 'very', 'and', 'I', 'my', 'story', 'item', 'with'];
const pick = (list) => list[Math.floor(random() * list.length)];

/** A review with more good words, the higher its class. */
function review(label, classes) {
  const share = label / (classes - 1);
  const sentence = (n) =>
    Array.from({ length: n }, () =>
      random() < 0.3 ? pick(random() < share ? words.good : words.bad) : pick(filler),
    ).join(' ');
  const body = `${sentence(12)}, "${sentence(3)}"\\n${sentence(12)}.`;
  return `"${label + 1}","${sentence(3)}","${body.replaceAll('"', '""')}"\n`;
}

const reviews = (count, classes) =>
  Array.from({ length: count }, (_, i) => review(i % classes, classes)).join('');
write('amazon_review_polarity_csv/train.csv', reviews(200, 2));
write('amazon_review_polarity_csv/test.csv', reviews(60, 2));
write(
  'amazon_review_full_csv.tar.gz',
  await archive({
    'amazon_review_full_csv/test.csv': reviews(60, 5),
    'amazon_review_full_csv/train.csv': reviews(200, 5),
    'amazon_review_full_csv/readme.txt': 'Five classes.\n',
  }),
);

/** The IDX format of MNIST: bytes with big-endian sizes before them. */
function idx(shape, bytes) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 8;
  header[3] = shape.length;
  for (const [i, n] of shape.entries()) header.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([header, bytes]);
}

/** NumPy's format, version 1.0, bytes. */
function npy(shape, bytes) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
  ]);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), bytes]);
}

for (const [prefix, name, count] of [
  ['train', 'train', 90],
  ['t10k', 'test', 30],
]) {
  const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % 3));
  const grey = Buffer.concat(
    [...labels].map((label) => Buffer.from(Array.from({ length: 144 }, () => 80 * label + 60 * random()))),
  );
  write(`idx/${prefix}-images-idx3-ubyte.gz`, gzipSync(idx([count, 12, 12], grey)));
  write(`idx/${prefix}-labels-idx1-ubyte.gz`, gzipSync(idx([count], labels)));
  const colour = Buffer.concat([...labels].map((label) => picture(label, 3, 16, 16)));
  write(`npy/${name}-images.npy`, npy([count, 16, 16, 3], colour));
  write(`npy/${name}-labels.npy`, npy([count], labels));
}
console.log(`wrote small data sets to ${folder}`);
