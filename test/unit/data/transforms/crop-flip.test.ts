import * as fc from 'fast-check';
import {
  cropFlipInto,
  drawCropFlip,
  epochKey,
  type ImageSize,
} from '../../../../src/data/transforms/crop-flip';
import { normalizationTable, normalizeInto } from '../../../../src/data/transforms/normalize';

test('the table is the formula, rounded once', () => {
  const table = normalizationTable([0.4914, 0.4822], [0.247, 0.2435]);
  expect(table[0]).toBe(Math.fround((0 - 0.4914) / 0.247));
  expect(table[256 + 255]).toBe(Math.fround((1 - 0.4822) / 0.2435));
});

test('channels keep to their own statistics', () => {
  const table = normalizationTable([0, 0.5, 1], [1, 1, 1]);
  const out = new Float32Array(7);
  normalizeInto(out, 1, Uint8Array.of(9, 255, 255, 255, 0, 0, 0), 1, 6, 3, table);
  expect(Array.from(out)).toEqual([0, 1, 0.5, 0, 0, -0.5, -1]);
});

/** Pads, crops, mirrors and normalises pixel by pixel, as the definition says. */
function oracle(
  image: Uint8Array,
  s: ImageSize,
  padding: number,
  top: number,
  left: number,
  flip: boolean,
  table: Float32Array,
) {
  const out = new Float32Array(image.length);
  for (let y = 0; y < s.height; y++) {
    for (let x = 0; x < s.width; x++) {
      for (let c = 0; c < s.channels; c++) {
        const sy = y + top - padding;
        const sx = (flip ? s.width - 1 - x : x) + left - padding;
        const inside = sy >= 0 && sy < s.height && sx >= 0 && sx < s.width;
        const byte = inside ? image[(sy * s.width + sx) * s.channels + c] : 0;
        out[(y * s.width + x) * s.channels + c] = table[c * 256 + byte];
      }
    }
  }
  return out;
}

test('crop and flip against the definition, also where the padding is wider than the image', () => {
  fc.assert(
    fc.property(
      fc.record({
        height: fc.integer({ min: 1, max: 7 }),
        width: fc.integer({ min: 1, max: 7 }),
        channels: fc.integer({ min: 1, max: 3 }),
      }),
      fc.nat(9),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.boolean(),
      (size, padding, a, b, flip) => {
        const n = size.height * size.width * size.channels;
        const image = Uint8Array.from({ length: n + 3 }, (_, i) => 1 + ((i * 37) % 255));
        const table = normalizationTable(
          [0.1, 0.2, 0.3].slice(0, size.channels),
          [1, 2, 3].slice(0, size.channels),
        );
        const top = Math.floor(a * (2 * padding + 1));
        const left = Math.floor(b * (2 * padding + 1));
        const out = new Float32Array(n + 2).fill(99);
        cropFlipInto(out, 1, image, 3, size, padding, { top, left, flip }, table);
        expect(out.subarray(1, n + 1)).toEqual(
          oracle(image.subarray(3), size, padding, top, left, flip, table),
        );
        expect([out[0], out[n + 1]]).toEqual([99, 99]);
      },
    ),
  );
});

test('draws are a function of seed, epoch and row, spread evenly', () => {
  const key = epochKey(0, 0);
  expect(drawCropFlip(key, 5, { padding: 4, flip: true })).toEqual(
    drawCropFlip(key, 5, { padding: 4, flip: true }),
  );
  const n = 81_000;
  for (const [seed, epoch] of [
    [0, 0],
    [1, 0],
    [0, 1],
  ]) {
    const cells = new Array(162).fill(0);
    for (let i = 0; i < n; i++) {
      const d = drawCropFlip(epochKey(seed, epoch), i, { padding: 4, flip: true });
      cells[(d.top * 9 + d.left) * 2 + (d.flip ? 1 : 0)]++;
    }
    // χ² with 161 degrees of freedom: beyond 240 once in 20,000.
    const chi = cells.reduce((sum, c) => sum + (c - n / 162) ** 2 / (n / 162), 0);
    expect(chi).toBeLessThan(240);
  }
});

test('neighbouring seeds and epochs draw independently', () => {
  const top = (seed: number, epoch: number, i: number) =>
    drawCropFlip(epochKey(seed, epoch), i, { padding: 4, flip: true }).top;
  for (const [s, e] of [
    [1, 0],
    [0, 1],
  ]) {
    let same = 0;
    for (let i = 0; i < 9000; i++) if (top(0, 0, i) === top(s, e, i)) same++;
    expect(Math.abs(same - 1000)).toBeLessThan(150);
  }
});

test('flip: false never flips; padding 0 never moves', () => {
  for (let i = 0; i < 100; i++) {
    expect(drawCropFlip(epochKey(0, 0), i, { padding: 0, flip: false })).toEqual({
      top: 0,
      left: 0,
      flip: false,
    });
  }
});
