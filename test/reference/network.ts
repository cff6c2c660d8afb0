/** The operations of a convolutional network in float64, one loop nest each: the oracle for kernels and gradients. */

/** Row-major values with their shape; images are batch × height × width × channels. */
export interface Array64 {
  shape: number[];
  data: Float64Array;
}

export const EPSILON = 1e-5;

export function array(shape: number[], fill: (i: number) => number = () => 0): Array64 {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, i) => fill(i)) };
}

export function fromFloat32(shape: readonly number[], data: Float32Array): Array64 {
  return { shape: [...shape], data: Float64Array.from(data) };
}

/** No bias; padding (size − 1) / 2 on each axis; w is height × width × in × out. */
export function conv2d(x: Array64, w: Array64, stride: number): Array64 {
  const [n, h, wide, inputs] = x.shape;
  const [tall, size, , outputs] = w.shape;
  const [above, pad] = [(tall - 1) / 2, (size - 1) / 2];
  const oh = Math.floor((h - 1) / stride) + 1;
  const ow = Math.floor((wide - 1) / stride) + 1;
  const y = array([n, oh, ow, outputs]);
  for (let b = 0; b < n; b++)
    for (let r = 0; r < oh; r++)
      for (let c = 0; c < ow; c++)
        for (let o = 0; o < outputs; o++) {
          let sum = 0;
          for (let i = 0; i < tall; i++)
            for (let j = 0; j < size; j++) {
              const row = r * stride + i - above;
              const column = c * stride + j - pad;
              if (row < 0 || row >= h || column < 0 || column >= wide) continue;
              for (let k = 0; k < inputs; k++)
                sum +=
                  x.data[((b * h + row) * wide + column) * inputs + k] *
                  w.data[((i * size + j) * inputs + k) * outputs + o];
            }
          y.data[((b * oh + r) * ow + c) * outputs + o] = sum;
        }
  return y;
}

/** d (Σ dy·y) / d x and / d w of `conv2d`, by the definition: each product of the sum gives to both of its factors. */
export function conv2dGradients(
  x: Array64,
  w: Array64,
  dy: Array64,
  stride: number,
): { dx: Array64; dw: Array64 } {
  const [n, h, wide, inputs] = x.shape;
  const [tall, size, , outputs] = w.shape;
  const [above, pad] = [(tall - 1) / 2, (size - 1) / 2];
  const [, oh, ow] = dy.shape;
  const [dx, dw] = [array(x.shape), array(w.shape)];
  for (let b = 0; b < n; b++)
    for (let r = 0; r < oh; r++)
      for (let c = 0; c < ow; c++)
        for (let i = 0; i < tall; i++)
          for (let j = 0; j < size; j++) {
            const row = r * stride + i - above;
            const column = c * stride + j - pad;
            if (row < 0 || row >= h || column < 0 || column >= wide) continue;
            for (let k = 0; k < inputs; k++) {
              const source = ((b * h + row) * wide + column) * inputs + k;
              const filter = ((i * size + j) * inputs + k) * outputs;
              const out = ((b * oh + r) * ow + c) * outputs;
              let sum = 0;
              for (let o = 0; o < outputs; o++) {
                sum += dy.data[out + o] * w.data[filter + o];
                dw.data[filter + o] += dy.data[out + o] * x.data[source];
              }
              dx.data[source] += sum;
            }
          }
  return { dx, dw };
}

/** Per channel: mean, biased variance, number of values. */
export function moments(x: Array64): { mean: Float64Array; variance: Float64Array; count: number } {
  const channels = x.shape[3];
  const count = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < x.data.length; i++) mean[i % channels] += x.data[i] / count;
  for (let i = 0; i < x.data.length; i++)
    variance[i % channels] += (x.data[i] - mean[i % channels]) ** 2 / count;
  return { mean, variance, count };
}

/** With the batch's own statistics unless others are given. */
export function batchNorm(
  x: Array64,
  gamma: Float64Array,
  beta: Float64Array,
  statistics: { mean: Float64Array; variance: Float64Array } = moments(x),
): Array64 {
  const channels = gamma.length;
  return array(x.shape, (i) => {
    const c = i % channels;
    return (
      (gamma[c] * (x.data[i] - statistics.mean[c])) / Math.sqrt(statistics.variance[c] + EPSILON) + beta[c]
    );
  });
}

export function relu(x: Array64): Array64 {
  return array(x.shape, (i) => Math.max(x.data[i], 0));
}

export function add(a: Array64, b: Array64): Array64 {
  return array(a.shape, (i) => a.data[i] + b.data[i]);
}

export function averagePool(x: Array64): Array64 {
  const [n, h, w, channels] = x.shape;
  const y = array([n, channels]);
  for (let i = 0; i < x.data.length; i++) {
    y.data[Math.floor(i / (h * w * channels)) * channels + (i % channels)] += x.data[i] / (h * w);
  }
  return y;
}

/** The greatest value of each size × size window with padding (size − 1) / 2; `temporal`: 1 × size. */
export function maxPool(x: Array64, size: number, stride: number, temporal = false): Array64 {
  const [n, h, wide, channels] = x.shape;
  const [tall, down] = temporal ? [1, 1] : [size, stride];
  const [above, pad] = [(tall - 1) / 2, (size - 1) / 2];
  const [oh, ow] = [Math.floor((h - 1) / down) + 1, Math.floor((wide - 1) / stride) + 1];
  const y = array([n, oh, ow, channels], () => -Infinity);
  for (let at = 0; at < y.data.length; at++) {
    const k = at % channels;
    const c = Math.floor(at / channels) % ow;
    const r = Math.floor(at / (channels * ow)) % oh;
    const b = Math.floor(at / (channels * ow * oh));
    for (let row = Math.max(0, r * down - above); row <= Math.min(h - 1, r * down + above); row++)
      for (let column = c * stride - pad; column <= c * stride + pad; column++) {
        if (column < 0 || column >= wide) continue;
        y.data[at] = Math.max(y.data[at], x.data[((b * h + row) * wide + column) * channels + k]);
      }
  }
  return y;
}

/** The k greatest values of each row of batch × channels × length, in their order; of equal ones the first. */
export function kMaxPool(x: Array64, k: number): Array64 {
  const [n, channels, length] = x.shape;
  const y = array([n, channels, k]);
  for (let row = 0; row < n * channels; row++) {
    const values = x.data.subarray(row * length, (row + 1) * length);
    const places = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
    const kept = places.slice(0, k).sort((a, b) => a - b);
    kept.forEach((place, i) => {
      y.data[row * k + i] = values[place];
    });
  }
  return y;
}

/** Side i of the result is side order[i] of x. */
export function transpose(x: Array64, order: readonly number[]): Array64 {
  const shape = order.map((side) => x.shape[side]);
  const steps = x.shape.map((_, i) => x.shape.slice(i + 1).reduce((a, b) => a * b, 1));
  return array(shape, (at) => {
    let rest = at;
    let from = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      from += (rest % shape[i]) * steps[order[i]];
      rest = Math.floor(rest / shape[i]);
    }
    return x.data[from];
  });
}

/** The row of the table for each code: codes of any shape get one more side. */
export function embed(codes: ArrayLike<number>, shape: readonly number[], table: Array64): Array64 {
  const size = table.shape[1];
  return array([...shape, size], (at) => table.data[codes[Math.floor(at / size)] * size + (at % size)]);
}

export function dense(x: Array64, w: Array64, b: Float64Array): Array64 {
  const [n, inputs] = x.shape;
  const outputs = w.shape[1];
  return array([n, outputs], (at) => {
    const row = Math.floor(at / outputs);
    const o = at % outputs;
    let sum = b[o];
    for (let k = 0; k < inputs; k++) sum += x.data[row * inputs + k] * w.data[k * outputs + o];
    return sum;
  });
}

/** Cross entropy per row, in nats; `smoothing` of the target is spread evenly over all classes. */
export function crossEntropy(logits: Array64, labels: ArrayLike<number>, smoothing = 0): Float64Array {
  const [n, classes] = logits.shape;
  return Float64Array.from({ length: n }, (_, row) => {
    const values = logits.data.subarray(row * classes, (row + 1) * classes);
    const top = Math.max(...values);
    const all = top + Math.log(values.reduce((sum, v) => sum + Math.exp(v - top), 0));
    let loss = 0;
    for (let c = 0; c < classes; c++) {
      const target = (c === labels[row] ? 1 - smoothing : 0) + smoothing / classes;
      loss += target * (all - values[c]);
    }
    return loss;
  });
}

/** d f / d x[i] for each of `at`, by central differences. */
export function differences(f: () => number, x: Float64Array, at: readonly number[], step = 1e-5): number[] {
  return at.map((i) => {
    const held = x[i];
    x[i] = held + step;
    const up = f();
    x[i] = held - step;
    const down = f();
    x[i] = held;
    return (up - down) / (2 * step);
  });
}
