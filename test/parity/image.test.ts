/** Decoding and scaling in the addon, on every instruction set, against libjpeg (through sharp) and the statement in TypeScript. */
import fc from 'fast-check';
import sharp from 'sharp';
import { type Pixels, resampleInto, type View } from '../../src/data/images/resample';
import { decodeJpeg, scaleImage } from '../../src/native/image';
import { addonStatus } from '../../src/native/load';

const sets = addonStatus().availableInstructionSets ?? [];

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

const forms = fc.record<Form>({
  width: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 70 }),
  channels: fc.constantFrom(1, 3),
  seed: fc.integer(),
  quality: fc.constantFrom(1, 5, 30, 60, 85, 95, 100),
  progressive: fc.boolean(),
  chromaSubsampling: fc.constantFrom('4:2:0', '4:4:4'),
  optimiseCoding: fc.boolean(),
  trellisQuantisation: fc.boolean(),
});

async function encode({ width, height, channels, seed, ...options }: Form): Promise<Buffer> {
  const image = sharp(picture(width, height, channels, seed), { raw: { width, height, channels } });
  return (channels === 1 ? image.toColourspace('b-w') : image).jpeg(options).toBuffer();
}

async function byLibjpeg(jpeg: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
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

  test('JPEG files decode to libjpeg’s bytes', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(forms, async (form) => {
        const jpeg = await encode(form);
        const wanted = await byLibjpeg(jpeg);
        const got = decodeJpeg(jpeg, wanted.channels as 1 | 3, 1e6);
        // Chroma of less than three columns is left to libjpeg.
        if (got === undefined) expect(form.chromaSubsampling === '4:2:0' && form.width <= 4).toBe(true);
        else {
          plain++;
          expect(Buffer.compare(got.data, wanted.data)).toBe(0);
          expect([got.width, got.height]).toEqual([wanted.width, wanted.height]);
        }
      }),
      { numRuns: 150 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test('scaling equals the statement in TypeScript', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        fc.record({
          width: size,
          height: size,
          seed: fc.integer(),
          channels: fc.constantFrom(1, 3) as fc.Arbitrary<1 | 3>,
        }),
        fc.record({
          width: size,
          height: size,
          left: fc.integer({ min: -9, max: 30 }),
          top: fc.integer({ min: -9, max: 30 }),
        }),
        fc.record({ width: size, height: size }),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.boolean(),
        (image, window, scaled, [a, b], flip) => {
          const pixels = { ...image, data: picture(image.width, image.height, image.channels, image.seed) };
          const left = Math.floor(a * (image.width - 1));
          const top = Math.floor(b * (image.height - 1));
          const source = {
            left,
            top,
            width: Math.max(1, Math.floor(b * (image.width - left))),
            height: Math.max(1, Math.floor(a * (image.height - top))),
          };
          const view: View = { source, scaled, window, flip };
          const wanted = new Uint8Array(window.width * window.height * image.channels);
          resampleInto(wanted, pixels, view);
          const got = new Uint8Array(wanted.length).fill(9);
          scaleImage(pixels, view, new Float32Array(0), false, got);
          expect(got).toEqual(wanted);
          const table = Float32Array.from({ length: 256 * image.channels }, (_, i) => i / 7);
          const values = new Float32Array(wanted.length);
          scaleImage(pixels, view, table, true, values);
          const area = window.width * window.height;
          expect([...values]).toEqual(
            Array.from(
              values,
              (_, i) =>
                table[
                  256 * Math.floor(i / area) + wanted[(i % area) * image.channels + Math.floor(i / area)]
                ],
            ),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('damaged files are refused, or decode to something of their size', async () => {
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
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
        maxLength: 6,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (file, changes, share, cut) => {
        const bytes = new Uint8Array(file);
        for (const [where, value] of changes) bytes[Math.floor(where * (bytes.length - 1))] = value;
        const part = cut ? bytes.subarray(0, Math.floor(share * bytes.length)) : bytes;
        const got = decodeJpeg(part, 3, 1e6);
        if (got) expect(got.data).toHaveLength(got.width * got.height * 3);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a cut file is never taken for a whole one', async () => {
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
    for (let end = 0; end < file.length; end++)
      expect(decodeJpeg(file.subarray(0, end), 3, 1e6)).toBeUndefined();
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
