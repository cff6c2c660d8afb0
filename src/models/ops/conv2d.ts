import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';
import type { Attribute } from '../tensorflow';

/** A convolution without bias; padding (size − 1)/2 on every side, as PyTorch's networks of this family have it. */
export interface ConvShape {
  /** Height and width of the kernel; odd. */
  size: number;
  stride: number;
}

const made = new Map<string, Attribute[]>();

function attributes({ size, stride }: ConvShape): Attribute[] {
  const key = `${size},${stride}`;
  let list = made.get(key);
  if (!list) {
    const pad = (size - 1) / 2;
    list = [
      attribute.float32(),
      attribute.int('strides', [1, stride, stride, 1]),
      attribute.int('dilations', [1, 1, 1, 1]),
      attribute.string('data_format', 'NHWC'),
      attribute.bool('use_cudnn_on_gpu', true),
    ];
    // TensorFlow's SAME pads a stride of 2 at the far side only; with stride 1 the two are equal.
    if (pad === 0) list.push(attribute.string('padding', 'VALID'));
    else if (stride === 1) list.push(attribute.string('padding', 'SAME'));
    else {
      list.push(attribute.string('padding', 'EXPLICIT'));
      list.push(attribute.int('explicit_paddings', [0, 0, pad, pad, pad, pad, 0, 0]));
    }
    made.set(key, list);
  }
  return list;
}

/**
 * @param x batch × height × width × in
 * @param w size × size × in × out
 * @returns batch × ⌈height / stride⌉ × ⌈width / stride⌉ × out
 */
export function conv2d(pass: Pass, x: Handle, w: Handle, shape: ConvShape): Handle {
  return pass.one('Conv2D', attributes(shape), [x, w]);
}

/** d loss / d x, of the shape of x. */
export function conv2dInputGradient(
  pass: Pass,
  xShape: readonly number[],
  w: Handle,
  dy: Handle,
  shape: ConvShape,
): Handle {
  return pass.one('Conv2DBackpropInput', attributes(shape), [pass.kernels.ints(xShape), w, dy]);
}

/** d loss / d w, of the shape of w. */
export function conv2dFilterGradient(
  pass: Pass,
  x: Handle,
  wShape: readonly number[],
  dy: Handle,
  shape: ConvShape,
): Handle {
  return pass.one('Conv2DBackpropFilter', attributes(shape), [x, pass.kernels.ints(wShape), dy]);
}
