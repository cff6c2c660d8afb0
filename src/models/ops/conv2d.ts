import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';
import type { Attribute } from '../tensorflow';
import { addTo, NO_TERM, ONE_TERM } from './add';

/** A convolution without bias; padding (size − 1)/2 on every side, as PyTorch's networks of this family have it. */
export interface ConvShape {
  /** Height and width of the kernel; odd. */
  size: number;
  stride: number;
  /** Along the width alone: the kernel is 1 × size, for sequences as images of height 1. */
  temporal?: boolean;
}

const made = new Map<string, Attribute[]>();

function attributes({ size, stride, temporal = false }: ConvShape): Attribute[] {
  const key = `${size},${stride},${temporal}`;
  let list = made.get(key);
  if (!list) {
    const pad = (size - 1) / 2;
    const above = temporal ? 0 : pad;
    list = [
      attribute.float32(),
      attribute.int('strides', [1, temporal ? 1 : stride, stride, 1]),
      attribute.int('dilations', [1, 1, 1, 1]),
      attribute.string('data_format', 'NHWC'),
      attribute.bool('use_cudnn_on_gpu', true),
    ];
    // TensorFlow's SAME pads a stride of 2 at the far side only; with stride 1 the two are equal.
    if (pad === 0) list.push(attribute.string('padding', 'VALID'));
    else if (stride === 1) list.push(attribute.string('padding', 'SAME'));
    else {
      list.push(attribute.string('padding', 'EXPLICIT'));
      list.push(attribute.int('explicit_paddings', [0, 0, above, above, pad, pad, 0, 0]));
    }
    made.set(key, list);
  }
  return list;
}

/** The same for this package's own operations; `size`, where one is given, cannot be told from the tensors. */
function ownAttributes(shape: ConvShape, size?: readonly number[]): Attribute[] {
  const key = `own ${shape.size},${shape.stride},${shape.temporal},${size}`;
  let list = made.get(key);
  if (!list) {
    const { stride, temporal } = shape;
    const pad = (shape.size - 1) / 2;
    list = [
      attribute.int('strides', [temporal ? 1 : stride, stride]),
      attribute.int('padding', temporal ? [0, 0, pad, pad] : [pad, pad, pad, pad]),
    ];
    if (size) list.push(attribute.int('size', size));
    made.set(key, list);
  }
  return list;
}

/** Attributes and inputs of an own operation that may add something to its result. */
function ownArguments(
  shape: ConvShape,
  size: readonly number[] | undefined,
  inputs: Handle[],
  plus?: Handle,
): [Attribute[], Handle[]] {
  const list = ownAttributes(shape, size);
  return plus
    ? [
        [...list, ONE_TERM],
        [...inputs, plus],
      ]
    : [[...list, NO_TERM], inputs];
}

/**
 * @param x batch × height × width × in
 * @param w size × size × in × out (1 × size × in × out if temporal)
 * @param plus of the result's shape; added to it
 * @returns batch × ⌈height / stride⌉ × ⌈width / stride⌉ × out
 */
export function conv2d(pass: Pass, x: Handle, w: Handle, shape: ConvShape, plus?: Handle): Handle {
  if (pass.kernels.own) return pass.one('SvpConv2D', ...ownArguments(shape, undefined, [x, w], plus));
  return addTo(pass, pass.one('Conv2D', attributes(shape), [x, w]), plus);
}

/** d loss / d x, of the shape of x; `plus`, of that shape, is added to it. */
export function conv2dInputGradient(
  pass: Pass,
  xShape: readonly number[],
  w: Handle,
  dy: Handle,
  shape: ConvShape,
  plus?: Handle,
): Handle {
  if (pass.kernels.own) {
    return pass.one('SvpConv2DInputGradient', ...ownArguments(shape, xShape.slice(1, 3), [w, dy], plus));
  }
  const dx = pass.one('Conv2DBackpropInput', attributes(shape), [pass.kernels.ints(xShape), w, dy]);
  return addTo(pass, dx, plus);
}

const SLICE = [
  attribute.float32(),
  attribute.int32('Index'),
  ...['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) =>
    attribute.int(name, 0),
  ),
];

/** Every `stride`-th row and column of x. */
function subsample(pass: Pass, x: Handle, { stride, temporal }: ConvShape): Handle {
  const { kernels } = pass;
  const corners = [
    kernels.ints([0, 0, 0, 0]),
    kernels.ints(x.shape),
    kernels.ints([1, temporal ? 1 : stride, stride, 1]),
  ];
  return pass.one('StridedSlice', SLICE, [x, ...corners]);
}

/** d loss / d w, of the shape of w. */
export function conv2dFilterGradient(
  pass: Pass,
  x: Handle,
  wShape: readonly number[],
  dy: Handle,
  shape: ConvShape,
): Handle {
  if (pass.kernels.own) {
    return pass.one('SvpConv2DFilterGradient', ownAttributes(shape, wShape.slice(0, 2)), [x, dy]);
  }
  const sizes = pass.kernels.ints(wShape);
  if (shape.size > 1 || shape.stride === 1) {
    return pass.one('Conv2DBackpropFilter', attributes(shape), [x, sizes, dy]);
  }
  // TensorFlow 2.19 with oneDNN answers this case wrongly for fewer than 8 input channels (seen with stride 2 and an even
  // side; ops.test.ts has it). A 1×1 convolution with a stride is one without on every stride-th pixel.
  const used = subsample(pass, x, shape);
  const dw = pass.one('Conv2DBackpropFilter', attributes({ size: 1, stride: 1 }), [used, sizes, dy]);
  pass.release(used);
  return dw;
}
