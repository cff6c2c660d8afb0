import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';
import type { Attribute } from '../tensorflow';

/** A window that slides with padding (size − 1) / 2 on every side; padding never wins. */
export interface PoolShape {
  /** Odd. */
  size: number;
  stride: number;
  /** Along the width alone, for sequences as images of height 1. */
  temporal?: boolean;
}

function attributes({ size, stride, temporal = false }: PoolShape): Attribute[] {
  const pad = (size - 1) / 2;
  const above = temporal ? 0 : pad;
  return [
    attribute.float32(),
    attribute.int('ksize', [1, temporal ? 1 : size, size, 1]),
    attribute.int('strides', [1, temporal ? 1 : stride, stride, 1]),
    attribute.string('data_format', 'NHWC'),
    attribute.string('padding', 'EXPLICIT'),
    attribute.int('explicit_paddings', [0, 0, above, above, pad, pad, 0, 0]),
  ];
}

/**
 * The greatest value of each window.
 * @param x batch × height × width × channels
 * @returns batch × ⌈height / stride⌉ × ⌈width / stride⌉ × channels
 */
export function maxPool(pass: Pass, x: Handle, shape: PoolShape): Handle {
  return pass.one('MaxPool', attributes(shape), [x]);
}

/** dy at the place of each window's greatest value (the first, where several are equal); `x` is the input, `y` the output. */
export function maxPoolGradient(pass: Pass, x: Handle, y: Handle, dy: Handle, shape: PoolShape): Handle {
  return pass.one('MaxPoolGrad', attributes(shape), [x, y, dy]);
}
