import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const matmul = (transposeA: boolean, transposeB: boolean) => [
  attribute.float32(),
  attribute.bool('transpose_a', transposeA),
  attribute.bool('transpose_b', transposeB),
];
const PLAIN = matmul(false, false);
const LEFT_TRANSPOSED = matmul(true, false);
const RIGHT_TRANSPOSED = matmul(false, true);
const BIAS = [attribute.float32(), attribute.string('data_format', 'NHWC')];

/** x·w + b: x is batch × in, w in × out, b out. */
export function dense(pass: Pass, x: Handle, w: Handle, b: Handle): Handle {
  const product = pass.one('MatMul', PLAIN, [x, w]);
  const y = pass.one('BiasAdd', BIAS, [product, b]);
  pass.release(product);
  return y;
}

/** dx = dy·wᵀ, dw = xᵀ·dy, db = column sums of dy. */
export function denseGradient(
  pass: Pass,
  dy: Handle,
  x: Handle,
  w: Handle,
): { dx: Handle; dw: Handle; db: Handle } {
  return {
    dx: pass.one('MatMul', RIGHT_TRANSPOSED, [dy, w]),
    dw: pass.one('MatMul', LEFT_TRANSPOSED, [x, dy]),
    db: pass.one('BiasAddGrad', BIAS, [dy]),
  };
}
