import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import sharp from 'sharp';
import { byCodePoint } from '../../../src/data/code-points';
import { openImageFolder } from '../../../src/data/image-folder';
import type { PoolBatch, PoolSource } from '../../../src/data/pool';
import { failure, temporaryFolder } from './temporary';

const root = temporaryFolder();
const bytes = { layout: 'nhwc', height: 8, width: 8, channels: 3, dtype: 'uint8', resize: 8 } as const;

async function folder(name: string, files: Record<string, Buffer | string>): Promise<string> {
  const where = path.join(root, name);
  await fs.mkdir(where, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(where, file)), { recursive: true });
    await fs.writeFile(path.join(where, file), content);
  }
  return where;
}

function flat(
  colour: [number, number, number],
  size = 12,
  format: 'png' | 'jpeg' | 'webp' = 'png',
): Promise<Buffer> {
  const [r, g, b] = colour;
  return sharp({ create: { width: size, height: size, channels: 3, background: { r, g, b } } })
    .toFormat(format, { quality: 100 })
    .toBuffer();
}

async function all(pool: PoolSource, o: { batchSize: number; first?: number; signal?: AbortSignal }) {
  const batches: PoolBatch[] = [];
  for await (const batch of pool.batches(o)) batches.push(batch);
  return batches;
}

async function opened<T>(
  where: string,
  o: Parameters<typeof openImageFolder>[1],
  use: (pool: Awaited<ReturnType<typeof openImageFolder>>) => Promise<T>,
): Promise<T> {
  const pool = await openImageFolder(where, o);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

test('lists sub-folders as classes, by code point, without hidden files and other names', async () => {
  const png = await flat([1, 2, 3]);
  const where = await folder('classes', {
    'b/1.png': png,
    'a/z/2.png': png,
    'a/10.PNG': png,
    'a/9.jpeg': png,
    'a/.hidden.png': png,
    '.git/x.png': png,
    'a/notes.txt': 'x',
    'a/\u{1f600}.png': png,
    'a/\uff01.png': png,
  });
  await opened(where, { ...bytes, threads: 0 }, async (pool) => {
    expect(pool.itemNames).toEqual([
      'a/10.PNG',
      'a/9.jpeg',
      'a/z/2.png',
      'a/\uff01.png',
      'a/\u{1f600}.png',
      'b/1.png',
    ]);
    expect(pool.classNames).toEqual(['a', 'b']);
    expect([...(pool.labels ?? [])]).toEqual([0, 0, 0, 0, 0, 1]);
    expect(pool.itemShape).toEqual([8, 8, 3]);
    expect((await all(pool, { batchSize: 4 })).flatMap((b) => b.broken)).toEqual([]);
  });
  expect(['\u{1f600}', '\uff01', 'a', 'ab', ''].sort(byCodePoint)).toEqual([
    '',
    'a',
    'ab',
    '\uff01',
    '\u{1f600}',
  ]);
});

describe.each([0, 2])('with %i threads', (threads) => {
  test('order, layout and values', async () => {
    const files: Record<string, Buffer> = {};
    for (let i = 0; i < 21; i++)
      files[`${String(i).padStart(2, '0')}.png`] = await flat([i * 10, 255 - i * 10, 7]);
    const where = await folder(`order${threads}`, files);
    await opened(where, { ...bytes, threads }, async (pool) => {
      expect(pool.classNames).toBeUndefined();
      const batches = await all(pool, { batchSize: 9, first: 2 });
      expect(batches.map(({ first, size }) => [first, size])).toEqual([
        [2, 9],
        [11, 9],
        [20, 1],
      ]);
      for (const { first, size, values } of batches) {
        for (let i = 0; i < size; i++) {
          const row = first + i;
          expect([...values.subarray(i * 192, i * 192 + 3)]).toEqual([row * 10, 255 - row * 10, 7]);
        }
      }
    });
    await opened(where, { ...bytes, threads }, async (pool) => {
      const memories = new Set<ArrayBufferLike>();
      for await (const { first, size, values, release } of pool.batches({ batchSize: 2 })) {
        expect([...values].filter((_, i) => i % 192 === 0)).toEqual(
          Array.from({ length: size }, (_, i) => (first + i) * 10),
        );
        memories.add(values.buffer);
        release?.();
        release?.();
      }
      // Released memory is used again, and only once for one release.
      expect(memories.size).toBeLessThan(9);
    });
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    await opened(where, { ...bytes, layout: 'nchw', dtype: 'float32', mean, std, threads }, async (pool) => {
      expect(pool.itemShape).toEqual([3, 8, 8]);
      const [batch] = await all(pool, { batchSize: 21 });
      expect(batch.values).toHaveLength(21 * 192);
      const at = 5 * 192;
      [50, 205, 7].forEach((v, c) => {
        expect(batch.values[at + c * 64 + 63]).toBe(Math.fround((v / 255 - mean[c]) / std[c]));
      });
    });
  });

  test('broken files are zeros with a reason, and the pass goes on', async () => {
    const png = await flat([200, 100, 50]);
    const jpeg = await flat([200, 100, 50], 64, 'jpeg');
    const where = await folder(`broken${threads}`, {
      '0.png': png,
      '1-empty.jpg': '',
      '2-cut.jpg': jpeg.subarray(0, jpeg.length - 60),
      '3-text.png': 'this is no picture',
      '4-svg.png':
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
      '5-large.png': await flat([1, 1, 1], 100),
      '6.jpg': jpeg,
      '7-header.png': png.subarray(0, 30),
    });
    await fs.symlink('/etc/hostname', path.join(where, '8-link.png'));
    await fs.symlink('0.png', path.join(where, '9-inside.png'));
    await opened(where, { ...bytes, threads, maxPixels: 9000 }, async (pool) => {
      expect(pool.itemNames).not.toContain('8-link.png');
      const [batch] = await all(pool, { batchSize: 100 });
      expect(batch.broken.map(({ item, reason }) => `${item}: ${reason}`)).toEqual([
        '1-empty.jpg: the file is empty',
        expect.stringMatching(/^2-cut.jpg: it cannot be decoded \(.*\)$/),
        '3-text.png: it is no JPEG, PNG, GIF, WebP, TIFF or AVIF image',
        '4-svg.png: it is no JPEG, PNG, GIF, WebP, TIFF or AVIF image',
        '5-large.png: it has more than 9000 pixels (maxPixels)',
        expect.stringMatching(/^7-header.png: it cannot be decoded/),
      ]);
      expect(batch.broken.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 7]);
      const { values } = batch;
      expect([...values.subarray(192, 192 * 6)].every((v) => v === 0)).toBe(true);
      expect([...values.subarray(192 * 8, 192 * 8 + 3)]).toEqual([200, 100, 50]);
      expect(Math.abs(Number(values[192 * 6]) - 200)).toBeLessThan(3);
    });
  });

  test('an abort ends the pass; a closed pool refuses', async () => {
    const where = path.join(root, `order${threads}`);
    await opened(where, { ...bytes, threads }, async (pool) => {
      const controller = new AbortController();
      const pass = (async () => {
        for await (const _batch of pool.batches({ batchSize: 2, signal: controller.signal }))
          controller.abort();
      })();
      expect((await failure(pass)).code).toBe('SVP_E_ABORT');
      // The pool is still good for another pass.
      expect(await all(pool, { batchSize: 30 })).toHaveLength(1);
      await pool.close();
      expect((await failure(all(pool, { batchSize: 30 }))).code).toBe('SVP_E_ABORT');
    });
  });
});

test('grey, transparent, CMYK, 16-bit and animated files', async () => {
  const grey = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#505050' } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const clear = await sharp({
    create: { width: 9, height: 9, channels: 4, background: { r: 10, g: 20, b: 30, alpha: 0.2 } },
  })
    .png()
    .toBuffer();
  const deep = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#ff8000' } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  const cmyk = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } })
    .toColourspace('cmyk')
    .jpeg({ quality: 100 })
    .toBuffer();
  const gif = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#00ff00' } })
    .gif()
    .toBuffer();
  const where = await folder('kinds', {
    'a-grey.png': grey,
    'b-clear.png': clear,
    'c-deep.png': deep,
    'd-cmyk.jpg': cmyk,
    'e.gif': gif,
  });
  await opened(where, { ...bytes, threads: 0 }, async (pool) => {
    const [{ values, broken }] = await all(pool, { batchSize: 9 });
    expect(broken).toEqual([]);
    const first = (i: number) => [...values.subarray(i * 192, i * 192 + 3)].map(Number);
    expect(first(0)).toEqual([80, 80, 80]);
    expect(first(1)).toEqual([10, 20, 30]);
    expect(first(2)).toEqual([255, 128, 0]);
    expect(first(3)[0]).toBeGreaterThan(150);
    expect(first(3)[2]).toBeLessThan(100);
    expect(first(4)).toEqual([0, 255, 0]);
  });
  await opened(where, { ...bytes, channels: 1, threads: 0 }, async (pool) => {
    const [{ values }] = await all(pool, { batchSize: 9 });
    expect(Number(values[0])).toBe(80);
    expect(Number(values[64])).toBe((10 * 19595 + 20 * 38470 + 30 * 7471 + 32768) >> 16);
  });
});

test('orientation is applied on request', async () => {
  // Left half white, stored on its side.
  const raw = Buffer.alloc(16 * 8 * 3);
  for (let y = 0; y < 8; y++) raw.fill(255, y * 48, y * 48 + 24);
  const jpeg = await sharp(raw, { raw: { width: 16, height: 8, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toBuffer();
  const where = await folder('turned', { 'a.jpg': jpeg });
  const stretched = { ...bytes, resize: 'stretch', threads: 0 } as const;
  await opened(where, stretched, async (pool) => {
    const [{ values }] = await all(pool, { batchSize: 1 });
    expect([Number(values[0]) > 200, Number(values[7 * 3]) > 200]).toEqual([true, false]);
  });
  await opened(where, { ...stretched, orient: true }, async (pool) => {
    const [{ values }] = await all(pool, { batchSize: 1 });
    expect([Number(values[0]) > 200, Number(values[7 * 3]) > 200, Number(values[7 * 24]) > 200]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

test('shrinkOnLoad decodes large JPEGs that go to sharp small, with nearly the same result', async () => {
  const large = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#336699' } })
    .jpeg()
    .toBuffer();
  const where = await folder('large', { 'a.jpg': large });
  const [exact, fast] = await Promise.all(
    [false, true].map((shrinkOnLoad) =>
      opened(
        where,
        // Images that may have to be turned go to sharp.
        { ...bytes, shrinkOnLoad, orient: true, threads: 0 },
        async (pool) => (await all(pool, { batchSize: 1 }))[0],
      ),
    ),
  );
  exact.values.forEach((v, i) => {
    expect(Math.abs(Number(v) - Number(fast.values[i]))).toBeLessThanOrEqual(2);
  });
});

test('the fingerprint follows files and preparation', async () => {
  const where = await folder('print', { '0.png': await flat([9, 9, 9]) });
  const print = (o: object) => opened(where, { ...bytes, threads: 0, ...o }, (pool) => pool.fingerprint());
  const before = await print({});
  expect(await print({})).toBe(before);
  expect(await print({ width: 9 })).not.toBe(before);
  await fs.writeFile(path.join(where, '0.png'), await flat([9, 9, 8], 13));
  expect(await print({})).not.toBe(before);
});

test('wrong folders and options are typed errors', async () => {
  expect(await failure(openImageFolder(path.join(root, 'gone'), bytes))).toMatchObject({
    code: 'SVP_E_FILE',
  });
  expect(await failure(openImageFolder(path.join(root, 'print', '0.png'), bytes))).toMatchObject({
    code: 'SVP_E_FILE',
  });
  const empty = await folder('empty', { 'readme.txt': 'x' });
  expect(await failure(openImageFolder(empty, bytes))).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringContaining('.jpg'),
  });
  for (const wrong of [
    { chanels: 3 },
    { channels: 2 },
    { mean: [1, 2] },
    { std: [0, 1, 1] },
    { resize: 0 },
    { threads: -1 },
  ]) {
    expect(await failure(openImageFolder(empty, { ...bytes, ...wrong } as never))).toMatchObject({
      code: 'SVP_E_OPTION',
    });
  }
});

test('a pipe with an image’s name does not hang a pass', async () => {
  const where = await folder('pipe', { '0.png': await flat([9, 9, 9]) });
  execFileSync('mkfifo', [path.join(where, '1.png')]);
  await opened(where, { ...bytes, threads: 0 }, async (pool) => {
    expect(pool.itemNames).toEqual(['0.png']);
  });
});
