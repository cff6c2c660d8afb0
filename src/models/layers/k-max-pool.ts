import type { Handle } from '../kernels';
import { kMaxPool, kMaxPoolGradient } from '../ops/k-max-pool';
import { reshape, transpose } from '../ops/reshape';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/** What k-max pooling gives: a shorter sequence, batch × 1 × k × channels, or one vector, batch × (channels · k). */
export type KMaxOutput = 'sequence' | 'vector';

/**
 * The k greatest values of each channel in their order: batch × 1 × length × channels to batch × 1 × k × channels, or to
 * batch × (channels · k), a channel's values side by side.
 */
export class KMaxPool implements Layer {
  /** @param keep how many of `length` values */
  constructor(
    private readonly keep: (length: number) => number,
    private readonly output: KMaxOutput,
  ) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    const [, , length, channels] = x.shape;
    const k = this.keep(length);
    const sequence = reshape(pass, x, [-1, length, channels]);
    const rows = transpose(pass, sequence, [0, 2, 1]);
    pass.release(sequence);
    const { y: kept, places } = kMaxPool(pass, rows, k);
    const rowsShape = rows.shape;
    pass.release(rows);
    const y = this.leave(pass, kept, k, channels);
    pass.release(kept);
    if (!pass.training) pass.release(places);
    return {
      y,
      backward: (dy) => {
        const dkept = this.enter(pass, dy, k, channels);
        const drows = kMaxPoolGradient(pass, dkept, places, rowsShape);
        const dsequence = transpose(pass, drows, [0, 2, 1]);
        const dx = reshape(pass, dsequence, x.shape);
        for (const part of [dkept, places, drows, dsequence]) pass.release(part);
        return dx;
      },
    };
  }

  /** From batch × channels × k to the output. */
  private leave(pass: Pass, kept: Handle, k: number, channels: number): Handle {
    if (this.output === 'vector') return reshape(pass, kept, [-1, channels * k]);
    const turned = transpose(pass, kept, [0, 2, 1]);
    const y = reshape(pass, turned, [-1, 1, k, channels]);
    pass.release(turned);
    return y;
  }

  /** And back. */
  private enter(pass: Pass, dy: Handle, k: number, channels: number): Handle {
    if (this.output === 'vector') return reshape(pass, dy, [-1, channels, k]);
    const flat = reshape(pass, dy, [-1, k, channels]);
    const turned = transpose(pass, flat, [0, 2, 1]);
    pass.release(flat);
    return turned;
  }
}
