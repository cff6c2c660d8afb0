import { attribute, type Handle, type Kernels } from '../models/kernels';

const FLOAT = [attribute.float32()];

/** Adds up the gradients of the micro-batches of one step. */
export class GradientSum {
  private sum?: Handle;

  constructor(private readonly kernels: Kernels) {}

  /** Takes a gradient over. */
  add(gradient: Handle): void {
    if (this.sum === undefined) {
      this.sum = gradient;
      return;
    }
    const [sum] = this.kernels.run('AddV2', FLOAT, [this.sum, gradient], 1);
    this.kernels.free(gradient);
    this.kernels.free(this.sum);
    this.sum = sum;
  }

  /** The sum, for the caller to free; the next one begins at zero. */
  take(): Handle {
    const sum = this.sum as Handle;
    this.sum = undefined;
    return sum;
  }

  dispose(): void {
    if (this.sum) this.kernels.free(this.sum);
    this.sum = undefined;
  }
}
