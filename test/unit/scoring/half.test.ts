import { halfBits, halfValue } from '../../../src/scoring/onnx/elements';

test('float16 rounds to nearest, ties to even, and back exactly, for every bit pattern', () => {
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  const wrong: number[] = [];
  for (let half = 0; half < 65_536; half++) {
    const number = halfValue(half);
    one[0] = number;
    if (!Number.isNaN(number) && halfBits(bits[0]) !== half) wrong.push(half);
  }
  expect(wrong).toEqual([]);
  for (const [number, half] of [
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ]) {
    one[0] = number;
    expect(halfBits(bits[0])).toBe(half);
  }
});
