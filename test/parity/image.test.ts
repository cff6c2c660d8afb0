/** Decoding and scaling in the addon, on every instruction set, against libjpeg (through sharp) and the statement in TypeScript. */
import fc from 'fast-check';
import sharp from 'sharp';
import { type Pixels, resampleInto, type View } from '../../src/data/images/resample';
import { scaleImage, scaleJpeg } from '../../src/native/image';
import { addonStatus } from '../../src/native/load';
import { writeJpeg } from '../reference/jpeg-writer';

const sets = addonStatus().availableInstructionSets ?? [];
const NO_TABLE = new Float32Array(0);

/** A picture with edges, slopes and noise, from a seed. */
function picture(width: number, height: number, channels: 1 | 3, seed: number): Buffer {
  const raw = Buffer.alloc(width * height * channels);
  let state = seed | 1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        const noise = (state >>> 24) % 64;
        raw[i] = Math.min(
          255,
          ((x * 3 + y * (c + 1)) % 256) * 0.7 + noise + (((x >> 4) + (y >> 3)) % 2) * 60,
        );
      }
    }
  }
  return raw;
}

interface Form {
  width: number;
  height: number;
  channels: 1 | 3;
  seed: number;
  quality: number;
  progressive: boolean;
  chromaSubsampling: '4:2:0' | '4:4:4';
  optimiseCoding: boolean;
  trellisQuantisation: boolean;
}

const side = fc.integer({ min: 1, max: 70 });
const forms = fc.record<Form>({
  width: side,
  height: side,
  channels: fc.constantFrom(1, 3),
  seed: fc.integer(),
  quality: fc.constantFrom(1, 5, 30, 60, 85, 95, 100),
  progressive: fc.boolean(),
  chromaSubsampling: fc.constantFrom('4:2:0', '4:4:4'),
  optimiseCoding: fc.boolean(),
  trellisQuantisation: fc.boolean(),
});

/** What sharp does not write, of any size: chroma halved in one direction, restart intervals, codes of every length. */
const written = fc.record({
  width: fc.integer({ min: 5, max: 150 }),
  height: fc.integer({ min: 5, max: 150 }),
  sampling: fc.constantFrom<[number, number] | undefined>(undefined, [1, 1], [2, 1], [2, 2]),
  restart: fc.constantFrom(0, 0, 1, 3, 7),
  busy: fc.constantFrom(0, 3, 12, 63),
  seed: fc.integer(),
});

async function encode({ width, height, channels, seed, ...options }: Form): Promise<Buffer> {
  const image = sharp(picture(width, height, channels, seed), { raw: { width, height, channels } });
  return (channels === 1 ? image.toColourspace('b-w') : image).jpeg(options).toBuffer();
}

async function byLibjpeg(jpeg: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** All of an image as it is. */
const whole = ({ width, height }: { width: number; height: number }): View => {
  const source = { left: 0, top: 0, width, height };
  return { source, scaled: { width, height }, window: source, flip: false };
};

/** Room for the pixels of every file here: none has more than a million. */
const room = new Uint8Array(3e6);

/** A JPEG file's pixels, or those of a view of it; undefined where it is refused. */
function decodeJpeg(
  jpeg: Uint8Array,
  channels: 1 | 3,
  maxPixels: number,
  viewOf = whole,
): Pixels | undefined {
  let window = { width: 0, height: 0 };
  const cropOf = (size: { width: number; height: number }) => {
    const view = viewOf(size);
    window = view.window;
    return view;
  };
  if (!scaleJpeg(jpeg, channels, maxPixels, cropOf, NO_TABLE, false, room)) return undefined;
  const { width, height } = window;
  return { data: room.slice(0, width * height * channels), width, height, channels };
}

interface Drawn extends Pick<View, 'scaled' | 'window' | 'flip'> {
  /** Where the source begins and how much of the rest it is. */
  shares: [left: number, top: number, width: number, height: number];
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const views = fc.record<Drawn>({
  scaled: fc.record({ width: side, height: side }),
  window: fc.record({
    width: side,
    height: side,
    left: fc.integer({ min: -9, max: 30 }),
    top: fc.integer({ min: -9, max: 30 }),
  }),
  shares: fc.tuple(share, share, share, share),
  flip: fc.boolean(),
});

/** A view of an image from shares of its size. */
function viewOf(image: { width: number; height: number }, drawn: Drawn): View {
  const [a, b, c, d] = drawn.shares;
  const left = Math.floor(a * (image.width - 1));
  const top = Math.floor(b * (image.height - 1));
  const source = {
    left,
    top,
    width: Math.max(1, Math.floor(c * (image.width - left))),
    height: Math.max(1, Math.floor(d * (image.height - top))),
  };
  return { source, scaled: drawn.scaled, window: drawn.window, flip: drawn.flip };
}

function resampled(image: Pixels, view: View): Uint8Array {
  const bytes = new Uint8Array(view.window.width * view.window.height * image.channels);
  resampleInto(bytes, image, view);
  return bytes;
}

describe.each(sets)('with %s', (set) => {
  const before = process.env.SVP_INSTRUCTION_SET;
  beforeAll(() => {
    process.env.SVP_INSTRUCTION_SET = set;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.SVP_INSTRUCTION_SET;
    else process.env.SVP_INSTRUCTION_SET = before;
  });

  test('JPEG files decode to libjpeg’s bytes, and views of them to views of those', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(forms, views, async (form, drawn) => {
        const jpeg = await encode(form);
        const wanted = await byLibjpeg(jpeg);
        const channels = wanted.channels as 1 | 3;
        const got = decodeJpeg(jpeg, channels, 1e6);
        // Chroma of less than three columns is left to libjpeg.
        if (got === undefined) expect(form.chromaSubsampling === '4:2:0' && form.width <= 4).toBe(true);
        else {
          plain++;
          expect(Buffer.compare(got.data, wanted.data)).toBe(0);
          expect([got.width, got.height]).toEqual([wanted.width, wanted.height]);
          const view = viewOf(wanted, drawn);
          const part = decodeJpeg(jpeg, channels, 1e6, () => view) as Pixels;
          expect(Buffer.compare(part.data, resampled(wanted, view))).toBe(0);
        }
      }),
      { numRuns: 150 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test('so do files with chroma halved in one direction, restart markers and long codes', async () => {
    await fc.assert(
      fc.asyncProperty(written, views, async (form, drawn) => {
        const jpeg = writeJpeg(form);
        const wanted = await byLibjpeg(jpeg);
        const channels = wanted.channels as 1 | 3;
        expect(Buffer.compare((decodeJpeg(jpeg, channels, 1e6) as Pixels).data, wanted.data)).toBe(0);
        const view = viewOf(wanted, drawn);
        const part = decodeJpeg(jpeg, channels, 1e6, () => view) as Pixels;
        expect(Buffer.compare(part.data, resampled(wanted, view))).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('scaling equals the statement in TypeScript', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        fc.record({
          // Wide ones are made much smaller, too.
          width: fc.oneof(size, fc.integer({ min: 100, max: 900 })),
          height: size,
          seed: fc.integer(),
          channels: fc.constantFrom(1, 3) as fc.Arbitrary<1 | 3>,
        }),
        views,
        fc.boolean(),
        (image, drawn, planes) => {
          const pixels = { ...image, data: picture(image.width, image.height, image.channels, image.seed) };
          const view = viewOf(pixels, drawn);
          const wanted = resampled(pixels, view);
          const got = new Uint8Array(wanted.length).fill(9);
          scaleImage(pixels, view, NO_TABLE, false, got);
          expect(Buffer.compare(got, wanted)).toBe(0);
          const table = Float32Array.from({ length: 256 * image.channels }, (_, i) => i / 7);
          const values = new Float32Array(wanted.length);
          scaleImage(pixels, view, table, planes, values);
          const area = view.window.width * view.window.height;
          const { channels } = image;
          const lookedUp = values.map((_, i) => {
            const [channel, pixel] = planes
              ? [Math.floor(i / area), i % area]
              : [i % channels, Math.floor(i / channels)];
            return table[256 * channel + wanted[pixel * channels + channel]];
          });
          expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(lookedUp.buffer))).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

const damage = fc.array(fc.tuple(share, fc.integer({ min: 0, max: 255 })), { maxLength: 6 });

test('damaged files are refused whatever part is wanted, or decode to something of their size', async () => {
  const files = await Promise.all(
    [false, true].map((progressive) =>
      encode({
        width: 50,
        height: 37,
        channels: 3,
        seed: 3,
        quality: 80,
        progressive,
        chromaSubsampling: '4:2:0',
        optimiseCoding: true,
        trellisQuantisation: false,
      }),
    ),
  );
  files.push(writeJpeg({ width: 60, height: 40, sampling: [2, 1], restart: 2, busy: 9, seed: 4 }));
  let [refused, decoded] = [0, 0];
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      damage,
      share,
      fc.boolean(),
      views,
      (file, changes, cut, cuts, drawn) => {
        const bytes = new Uint8Array(file);
        for (const [where, value] of changes) bytes[Math.floor(where * (bytes.length - 1))] = value;
        const part = cuts ? bytes.subarray(0, Math.floor(cut * bytes.length)) : bytes;
        const all = decodeJpeg(part, 3, 1e6);
        let view: View | undefined;
        const some = decodeJpeg(part, 3, 1e6, (size) => {
          view = viewOf(size, drawn);
          return view;
        });
        expect(some === undefined).toBe(all === undefined);
        if (all && some) {
          decoded++;
          expect(all.data).toHaveLength(all.width * all.height * 3);
          expect(Buffer.compare(some.data, resampled(all, view as View))).toBe(0);
        } else refused++;
      },
    ),
    { numRuns: 3000 },
  );
  expect(Math.min(refused, decoded)).toBeGreaterThan(100);
});

test('a cut file is never taken for a whole one', async () => {
  const corner = (size: { width: number; height: number }): View => ({
    ...whole(size),
    window: { left: 0, top: 0, width: 1, height: 1 },
  });
  for (const progressive of [false, true]) {
    const file = await encode({
      width: 40,
      height: 40,
      channels: 3,
      seed: 5,
      quality: 70,
      progressive,
      chromaSubsampling: '4:4:4',
      optimiseCoding: true,
      trellisQuantisation: false,
    });
    expect(decodeJpeg(file, 3, 1e6)).toBeDefined();
    expect(decodeJpeg(file, 3, 1e6, corner)).toBeDefined();
    for (let end = 0; end < file.length; end++) {
      expect(decodeJpeg(file.subarray(0, end), 3, 1e6)).toBeUndefined();
      // All that the corner needs may be there.
      expect(decodeJpeg(file.subarray(0, end), 3, 1e6, corner)).toBeUndefined();
    }
  }
});

test('what is not plain, and what is too large, is left to others', async () => {
  const create = { width: 32, height: 32, channels: 3 as const, background: '#123456' };
  expect(decodeJpeg(await sharp({ create }).png().toBuffer(), 3, 1e6)).toBeUndefined();
  expect(decodeJpeg(await sharp({ create }).toColourspace('cmyk').jpeg().toBuffer(), 3, 1e6)).toBeUndefined();
  const jpeg = await sharp({ create }).jpeg().toBuffer();
  expect(decodeJpeg(jpeg, 3, 1023)).toBeUndefined();
  expect(decodeJpeg(jpeg, 3, 1024)).toBeDefined();
  expect(decodeJpeg(new Uint8Array(0), 3, 1e6)).toBeUndefined();
});

test('a view outside of its image is an error', () => {
  const jpeg = writeJpeg({ width: 20, height: 10, restart: 0, busy: 3, seed: 1 });
  const outside = (size: { width: number; height: number }) => whole({ ...size, width: size.width + 1 });
  expect(() => decodeJpeg(jpeg, 1, 1e6, outside)).toThrow(/outside the image/);
});
