import { z } from 'zod';
import { checkMatrixOrHalf, type HalfMatrix, type Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import { type CallOptions, callOptions } from './call-options';
import { type Device, deviceOption, nativeDevice } from './device';
import { runJob } from './job';
import { instructionSet, loadAddon } from './load';
import { pin } from './pin';

/** The measures of the paper's section 2.2 and the margin. */
export const UNCERTAINTY_MEASURES = ['entropy', 'leastConfidence', 'margin'] as const;
export type UncertaintyMeasure = (typeof UNCERTAINTY_MEASURES)[number];

const schema = z.object({
  ...callOptions,
  device: deviceOption,
  measures: z.array(z.enum(UNCERTAINTY_MEASURES)).min(1).optional(),
  from: z.enum(['logits', 'probabilities']).optional(),
  temperature: z.number().min(1e-6).max(1e6).optional(),
});

export interface UncertaintyOptions extends CallOptions {
  /** Default: all three. */
  measures?: UncertaintyMeasure[];
  /** What the rows hold: 'logits' (before the softmax, the default) or 'probabilities'. */
  from?: 'logits' | 'probabilities';
  /** Logits are divided by it before the softmax, without rounding; 1e-6 … 1e6, default 1. Not for probabilities. */
  temperature?: number;
  /** Default 'auto', which is the processor: it scores logits as fast as they could be copied to a device. */
  device?: Device;
}

/** One value a row for each measure that was asked for; higher is always more uncertain. */
export interface UncertaintyScores {
  /** −Σ p log p, in nats: 0 … log(classes). */
  entropy?: Float32Array;
  /** 1 − p₁, the largest probability being p₁. */
  leastConfidence?: Float32Array;
  /** 1 − (p₁ − p₂), p₂ being the second largest (0 where there is one class). */
  margin?: Float32Array;
}

/**
 * How uncertain a classifier is about each row of `logits` (rows × classes, before the softmax), as in "Selection via
 * Proxy", section 2.2. float32 or float16 in, float32 out: each value is within 2 float32 ulp of an exact evaluation of
 * softmax(logits / temperature), however small it is, and the same to the bit for every number of threads and instruction
 * set. A −Infinity logit is probability 0. The softmax is never stored. The input is not changed; do not write to it or
 * transfer it while the call runs.
 *
 * With `from: 'probabilities'` the rows are distributions already: values that are not negative and sum to 1 within
 * 0.001. They are used as they are, without scaling to a sum of 1; 0·log 0 = 0.
 *
 * @throws SvpError SVP_E_SHAPE (rows without columns), SVP_E_NONFINITE (NaN, +Infinity, or a row of −Infinity alone;
 *   names row and column), SVP_E_FORMAT (a negative probability, a row that does not sum to 1), SVP_E_OPTION,
 *   SVP_E_MEMORY, SVP_E_ABORT, SVP_E_DEVICE (also: a CUDA device asked for float16, probabilities or a temperature),
 *   SVP_E_RUNTIME
 */
export async function uncertainty(
  logits: Matrix | HalfMatrix,
  options?: UncertaintyOptions,
): Promise<UncertaintyScores> {
  checkMatrixOrHalf(logits, 'logits');
  const o = parseOptions(schema, options, 'uncertainty');
  if (o.from === 'probabilities' && (o.temperature ?? 1) !== 1) {
    throw new SvpError(
      'SVP_E_OPTION',
      'uncertainty: temperature divides logits; with from: "probabilities" it must be left out or 1.',
      { option: 'temperature' },
    );
  }
  const { rows, columns } = logits;
  if (rows > 0 && columns === 0) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `logits has ${rows} rows without columns: there must be at least one class.`,
    );
  }
  const addon = loadAddon();
  const scores: UncertaintyScores = {};
  for (const measure of o.measures ?? UNCERTAINTY_MEASURES) {
    scores[measure] = allocate(Float32Array, rows, `The ${measure} of ${rows} rows`);
  }
  const input = pin<Float32Array | Uint16Array>(logits.data);
  await runJob(
    () =>
      addon.uncertainty(
        input.array,
        rows,
        columns,
        o.from ?? 'logits',
        o.temperature ?? 1,
        o.threads ?? 0,
        scores.entropy ?? null,
        scores.leastConfidence ?? null,
        scores.margin ?? null,
        instructionSet(),
        nativeDevice(o.device),
      ),
    {
      signal: o.signal,
      onProgress: o.onProgress,
      stage: 'uncertainty',
      unit: 'rows',
      total: rows,
      pins: [input],
    },
  );
  return scores;
}
