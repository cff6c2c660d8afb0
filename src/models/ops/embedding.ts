import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const GATHER = [
  attribute.int('batch_dims', 0),
  attribute.float32('Tparams'),
  attribute.int32('Tindices'),
  attribute.int32('Taxis'),
];
const RESHAPE = [attribute.float32(), attribute.int32('Tshape')];
const RESHAPE_INT = [attribute.int32('T'), attribute.int32('Tshape')];
const SEGMENTS = [attribute.float32(), attribute.int32('Tindices'), attribute.int32('Tnumsegments')];

/**
 * The row of `table` for each code.
 * @param codes batch × length, int32
 * @param table symbols × size
 * @returns batch × length × size
 */
export function embed(pass: Pass, codes: Handle, table: Handle): Handle {
  return pass.one('GatherV2', GATHER, [table, codes, pass.kernels.whole(0)]);
}

/** d loss / d table: for each symbol the sum of dy over its occurrences; dy is batch × length × size. */
export function embedGradient(pass: Pass, dy: Handle, codes: Handle, tableShape: readonly number[]): Handle {
  const { kernels } = pass;
  const [symbols, size] = tableShape;
  const rows = pass.one('Reshape', RESHAPE, [dy, kernels.ints([-1, size])]);
  const flat = pass.one('Reshape', RESHAPE_INT, [codes, kernels.ints([-1])]);
  const gradient = pass.one('UnsortedSegmentSum', SEGMENTS, [rows, flat, kernels.whole(symbols)]);
  pass.release(rows);
  pass.release(flat);
  return gradient;
}
