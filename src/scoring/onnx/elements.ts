import { types } from 'node:util';
import { SvpError } from '../../errors';
import type { ScorerBatch } from '../scorer';

/** The element types of inputs that batches can be made for. */
export const INPUT_TYPES = ['float32', 'float16', 'float64', 'int32', 'int64', 'uint8'] as const;
export type InputType = (typeof INPUT_TYPES)[number];

type Values = ScorerBatch['values'];
type InputValues = Values | Uint16Array | Float64Array;

/** Bits of the float16 nearest to a float32, ties to even, as IEEE 754 rounds. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00; // NaN
  if (size >= 0x47800000) return sign | 0x7c00; // 2¹⁶ and beyond
  if (size < 0x38800000) {
    // Below 2⁻¹⁴: a multiple of 2⁻²⁴.
    if (size < 0x33000000) return sign;
    const exponent = size >>> 23;
    const fraction = (size & 0x7fffff) | 0x800000;
    const shift = 126 - exponent;
    const half = fraction >>> shift;
    const rest = fraction & ((1 << shift) - 1);
    const middle = 1 << (shift - 1);
    return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
  }
  // A carry out of the fraction raises the exponent, as it should, up to infinity.
  return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}

/** The float32 of a float16's bits, exact. */
export function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/**
 * A batch's values in the element type of a model's input.
 * @throws SvpError SVP_E_SHAPE for a pair of types that loses information (floats into whole numbers)
 */
export function toInputType(values: Values, type: string): InputValues {
  if (type === 'float32') {
    if (types.isFloat32Array(values)) return values;
    if (!types.isBigInt64Array(values)) return Float32Array.from(values);
  }
  if (type === 'float16' && !types.isBigInt64Array(values)) {
    const floats = types.isFloat32Array(values) ? values : Float32Array.from(values);
    const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
    const halves = new Uint16Array(floats.length);
    for (let i = 0; i < halves.length; i++) halves[i] = halfBits(bits[i]);
    return halves;
  }
  if (type === 'float64' && !types.isBigInt64Array(values)) return Float64Array.from(values);
  if (type === 'uint8' && types.isUint8Array(values)) return values;
  if (type === 'int32' && types.isInt32Array(values)) return values;
  if (type === 'int32' && types.isUint8Array(values)) return Int32Array.from(values);
  if (type === 'int64') {
    if (types.isBigInt64Array(values)) return values;
    if (!types.isFloat32Array(values)) {
      const wide = new BigInt64Array(values.length);
      for (let i = 0; i < wide.length; i++) wide[i] = BigInt(values[i]);
      return wide;
    }
  }
  throw new SvpError('SVP_E_SHAPE', `The model takes ${type}, which the pool's values cannot become.`);
}

/** An output of the model as float32. @throws SvpError SVP_E_SHAPE for an output that is no floats */
export function fromOutputType(data: unknown, name: string): Float32Array {
  if (types.isFloat32Array(data)) return data;
  if (types.isFloat64Array(data)) return Float32Array.from(data);
  // What the binding gives for float16.
  if (types.isUint16Array(data)) return Float32Array.from(data, halfValue);
  throw new SvpError(
    'SVP_E_SHAPE',
    `The model's output "${name}" does not hold floats. Name another in the input configuration.`,
  );
}
