import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const topK = (type: ReturnType<typeof attribute.float32>) => [
  attribute.bool('sorted', true),
  type,
  attribute.int32('Tk'),
];
const TOP_VALUES = topK(attribute.float32());
const TOP_PLACES = topK(attribute.int32('T'));
const INT = [attribute.int32('T')];
const GATHER = [
  attribute.int('batch_dims', 2),
  attribute.float32('Tparams'),
  attribute.int32('Tindices'),
  attribute.int32('Taxis'),
];
const RANGE = [attribute.int32('Tidx')];
const RESHAPE_INT = [attribute.int32('T'), attribute.int32('Tshape')];
const RESHAPE = [attribute.float32(), attribute.int32('Tshape')];
const SCATTER = [attribute.float32(), attribute.int32('Tindices')];

/**
 * The k greatest values of each row in the order in which they stand (Kalchbrenner et al. 2014, section 3.2); of equal ones
 * the first. O(length · log k) a row.
 * @param x batch × channels × length
 * @returns `y`, batch × channels × k, and `places`, their int32 positions, ascending
 */
export function kMaxPool(pass: Pass, x: Handle, k: number): { y: Handle; places: Handle } {
  const { kernels } = pass;
  const [values, found] = pass.many('TopKV2', TOP_VALUES, [x, kernels.whole(k)], 2);
  pass.release(values);
  // Ascending order: the greatest of the negated come first.
  const negated = pass.one('Neg', INT, [found]);
  const [sorted, order] = pass.many('TopKV2', TOP_PLACES, [negated, kernels.whole(k)], 2);
  const places = pass.one('Neg', INT, [sorted]);
  for (const part of [found, negated, sorted, order]) pass.release(part);
  return { y: pass.one('GatherV2', GATHER, [x, places, kernels.whole(2)]), places };
}

/** dy at the places that were taken and 0 elsewhere, of shape `xShape`. */
export function kMaxPoolGradient(pass: Pass, dy: Handle, places: Handle, xShape: readonly number[]): Handle {
  const { kernels } = pass;
  const [batch, channels, length] = xShape;
  const rows = batch * channels;
  const k = dy.shape[2];
  const starts = pass.one('Range', RANGE, [
    kernels.whole(0),
    kernels.whole(rows * length),
    kernels.whole(length),
  ]);
  const column = pass.one('Reshape', RESHAPE_INT, [starts, kernels.ints([batch, channels, 1])]);
  const flat = pass.one('AddV2', INT, [places, column]);
  const indices = pass.one('Reshape', RESHAPE_INT, [flat, kernels.ints([rows * k, 1])]);
  const updates = pass.one('Reshape', RESHAPE, [dy, kernels.ints([rows * k])]);
  const scattered = pass.one('ScatterNd', SCATTER, [indices, updates, kernels.ints([rows * length])]);
  const dx = pass.one('Reshape', RESHAPE, [scattered, kernels.ints(xShape)]);
  for (const part of [starts, column, flat, indices, updates, scattered]) pass.release(part);
  return dx;
}
