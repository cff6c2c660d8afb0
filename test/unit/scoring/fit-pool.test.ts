import { arrayPool } from '../../../src/data/pools/array-pool';
import { fitPool, imageFilesFor, textsFor } from '../../../src/scoring/fit-pool';
import type { ModelInput } from '../../../src/scoring/scorer';

const pool = (shape: number[], Type: typeof Float32Array | typeof Uint8Array = Float32Array) =>
  arrayPool('pool', new Type(2 * shape.reduce((a, b) => a * b, 1)) as Float32Array, [2, ...shape]);
const images: ModelInput = { name: 'x', shape: [3, 8, 8], dtype: 'float32', layout: 'nchw' };
const vectors: ModelInput = { name: 'x', shape: [6], dtype: 'float32' };
const fitted = (given: ReturnType<typeof pool>, input: ModelInput) => fitPool(given, input, 'm.onnx');

test.each([
  ['floats of the model’s shape', [3, 8, 8], Float32Array, images, [3, 8, 8]],
  ['bytes, channels last', [8, 8, 3], Uint8Array, images, [3, 8, 8]],
  ['bytes, channels first', [3, 8, 8], Uint8Array, images, [3, 8, 8]],
  ['vectors of the right length', [192], Float32Array, images, [3, 8, 8]],
  ['grey bytes without an axis for it', [8, 8], Uint8Array, { ...images, shape: [1, 8, 8] }, [1, 8, 8]],
  ['grey floats without an axis for it', [8, 8], Float32Array, { ...images, shape: [1, 8, 8] }, [1, 8, 8]],
  [
    'any size where the model says none',
    [5, 9, 3],
    Uint8Array,
    { ...images, shape: [3, 'h', 'w'] },
    [3, 5, 9],
  ],
  ['bytes as numbers for a model of vectors', [6], Uint8Array, vectors, [6]],
] as const)('takes %s', (_, shape, Type, input, expected) => {
  expect(fitted(pool([...shape], Type as typeof Uint8Array), input as ModelInput).itemShape).toEqual(
    expected,
  );
});

test.each([
  [
    'another size',
    [8, 9, 3],
    Uint8Array,
    images,
    /8 × 9 × 3 uint8, but m\.onnx takes 3 × 8 × 8 float32 \(channels first\)/,
  ],
  ['floats with channels last', [8, 8, 3], Float32Array, images, /channels first/],
  ['vectors of another length', [7], Float32Array, vectors, /7 float32, but m\.onnx takes 6/],
  ['floats for codes', [6], Float32Array, { ...vectors, dtype: 'int64' }, /takes int64/],
] as const)('refuses %s, with both shapes', (_, shape, Type, input, text) => {
  expect(() => fitted(pool([...shape], Type as typeof Uint8Array), input as ModelInput)).toThrow(
    expect.objectContaining({ code: 'SVP_E_SHAPE', message: expect.stringMatching(text) }),
  );
});

test('a model that was trained on normalised images says so where nobody knows how', () => {
  const normalized: ModelInput = { ...images, normalized: true };
  expect(() => fitted(pool([8, 8, 3], Uint8Array), normalized)).toThrow(
    expect.objectContaining({ code: 'SVP_E_OPTION' }),
  );
  expect(() => imageFilesFor(normalized, 'm')).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
  const known = { ...normalized, mean: [0, 0, 0], std: [1, 1, 1] };
  expect(imageFilesFor(known, 'm')).toMatchObject({
    height: 8,
    width: 8,
    channels: 3,
    layout: 'nchw',
    mean: [0, 0, 0],
  });
});

test('folders of images and files of texts go to models that take them', () => {
  expect(imageFilesFor({ ...images, images: { resize: 'stretch' } }, 'm')).toMatchObject({
    resize: 'stretch',
  });
  expect(() => imageFilesFor(vectors, 'm')).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
  expect(() => imageFilesFor({ ...images, shape: [3, 'h', 'w'] }, 'm')).toThrow(/"size"/);
  const codes: ModelInput = { name: 'codes', shape: [1014], dtype: 'int64', texts: { header: true } };
  expect(textsFor(codes, 'm')).toEqual({ dtype: 'int64', length: 1014, header: true });
  expect(() => textsFor(images, 'm')).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
});
