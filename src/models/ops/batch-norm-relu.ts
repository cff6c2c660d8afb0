import { attribute, type Handle, type Kernels } from '../kernels';
import { Pass } from '../pass';
import type { Attribute } from '../tensorflow';
import {
  type BatchNormGradients,
  type BatchNormOutput,
  type BatchNormSaved,
  batchNorm,
  batchNormAttributes,
  batchNormGradient,
  batchNormInference,
  ownBatchNorm,
  ownBatchNormGradient,
} from './batch-norm';
import { relu, reluGradient } from './relu';

/**
 * Batch norm and ReLU in one kernel, where TensorFlow was built with oneDNN and uses it (x86): one pass over memory less each
 * way. An operation of TensorFlow's own, which its graph optimizer puts in place of the two; hence the probe.
 */
const FUSED = '_MklNativeFusedBatchNormEx';
const FUSION = [
  attribute.string('_kernel', 'MklNameChangeOp'),
  attribute.string('activation_mode', 'Relu'),
  attribute.int('num_side_inputs', 0),
];
const attributes: Record<'training' | 'inference', Attribute[]> = {
  training: [...batchNormAttributes(true), ...FUSION],
  inference: [...batchNormAttributes(false), ...FUSION],
};

const probed = new WeakMap<Kernels, boolean>();

/** Whether the fused kernel is there and gives what the two kernels give; asked once per process. */
function fusible(kernels: Kernels): boolean {
  if (kernels.portable) return false;
  const known = probed.get(kernels);
  if (known !== undefined) return known;
  const works = !kernels.onGpu && probe(kernels);
  probed.set(kernels, works);
  return works;
}

function probe(kernels: Kernels): boolean {
  const pass = new Pass(kernels, true, []);
  try {
    const draw = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(7 * i) + 0.5);
    const x = pass.adopt(kernels.float(draw(2 * 3 * 3 * 8), [2, 3, 3, 8]));
    const vector = pass.adopt(kernels.float(draw(8).map(Math.abs), [8]));
    const inputs = [x, vector, vector, vector, vector];
    const separate = batchNorm(pass, x, vector, vector, vector, vector);
    const expected = [
      relu(pass, separate.y),
      separate.runningMean,
      separate.runningVariance,
      ...separate.saved,
    ];
    const fused = pass.many(FUSED, attributes.training, inputs, 6);
    const inferred = pass.many(FUSED, attributes.inference, inputs, 6)[0];
    const inference = relu(pass, batchNormInference(pass, x, vector, vector, vector, vector));
    const equal = (a: Handle, b: Handle) => {
      const values = kernels.read(b);
      return kernels.read(a).every((value, i) => Math.abs(value - values[i]) <= 1e-4);
    };
    // The last output is the kernels' own memo, which the two have differently.
    return [0, 1, 2, 3, 4].every((i) => equal(expected[i], fused[i])) && equal(inference, inferred);
  } catch {
    // Not in this build of TensorFlow, or not for this processor.
    return false;
  } finally {
    pass.close();
  }
}

/** max(batchNorm(x), 0); see `batchNorm`. */
export function batchNormRelu(
  pass: Pass,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  runningMean: Handle,
  runningVariance: Handle,
): BatchNormOutput {
  if (pass.kernels.own) return ownBatchNorm(pass, x, gamma, beta, runningMean, runningVariance, true);
  if (fusible(pass.kernels)) {
    const out = pass.many(FUSED, attributes.training, [x, gamma, beta, runningMean, runningVariance], 6);
    // The gradient of the batch norm alone takes no memo; the output itself says where ReLU let through.
    pass.release(out[5]);
    return {
      y: out[0],
      runningMean: out[1],
      runningVariance: out[2],
      saved: [out[3], out[4], pass.kernels.empty],
    };
  }
  const output = batchNorm(pass, x, gamma, beta, runningMean, runningVariance);
  const y = relu(pass, output.y);
  pass.release(output.y);
  return { ...output, y };
}

/** The same with the running statistics in place of the batch's. */
export function batchNormReluInference(
  pass: Pass,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  runningMean: Handle,
  runningVariance: Handle,
): Handle {
  if (fusible(pass.kernels)) {
    const out = pass.many(FUSED, attributes.inference, [x, gamma, beta, runningMean, runningVariance], 6);
    for (const unused of out.slice(1)) pass.release(unused);
    return out[0];
  }
  const normalised = batchNormInference(pass, x, gamma, beta, runningMean, runningVariance);
  const y = relu(pass, normalised);
  pass.release(normalised);
  return y;
}

/** Gradients of the training form; `x` is its input and `y` its output. `plus`, of the shape of x, is added to dx. */
export function batchNormReluGradient(
  pass: Pass,
  dy: Handle,
  x: Handle,
  y: Handle,
  gamma: Handle,
  beta: Handle,
  saved: BatchNormSaved,
  plus?: Handle,
): BatchNormGradients {
  if (pass.kernels.own) return ownBatchNormGradient(pass, dy, x, gamma, beta, saved, plus, true);
  const through = reluGradient(pass, dy, y);
  const gradients = batchNormGradient(pass, through, x, gamma, beta, saved, plus);
  pass.release(through);
  return gradients;
}
