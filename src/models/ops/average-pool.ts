import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const MEAN = [attribute.float32(), attribute.int32('Tidx'), attribute.bool('keep_dims', false)];
const RESHAPE = [attribute.float32(), attribute.int32('Tshape')];
const BROADCAST = [attribute.float32(), attribute.int32('Tidx')];
const FLOAT = [attribute.float32()];

/** Mean over height and width: batch × height × width × channels to batch × channels. */
export function averagePool(pass: Pass, x: Handle): Handle {
  return pass.one('Mean', MEAN, [x, pass.kernels.ints([1, 2])]);
}

/** dy / (height · width) at every pixel, of shape `xShape`. */
export function averagePoolGradient(pass: Pass, dy: Handle, xShape: readonly number[]): Handle {
  const [batch, height, width, channels] = xShape;
  // Scaled while it is small.
  const scaled = pass.one('Mul', FLOAT, [dy, pass.kernels.scalar(1 / (height * width))]);
  const rows = pass.one('Reshape', RESHAPE, [scaled, pass.kernels.ints([batch, 1, channels])]);
  const tiled = pass.one('BroadcastTo', BROADCAST, [
    rows,
    pass.kernels.ints([batch, height * width, channels]),
  ]);
  const dx = pass.one('Reshape', RESHAPE, [tiled, pass.kernels.ints(xShape)]);
  for (const part of [scaled, rows, tiled]) pass.release(part);
  return dx;
}
