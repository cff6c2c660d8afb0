import type { Handle, Kernels } from '../models/kernels';

/** A number that operations take, as a tensor that is made again when the number changes, and only then. */
export class ChangingScalar {
  private value = Number.NaN;
  private tensor?: Handle;

  constructor(private readonly kernels: Kernels) {}

  /** Valid until the next call. */
  of(value: number): Handle {
    if (value !== this.value || this.tensor === undefined) {
      this.dispose();
      this.tensor = this.kernels.float(Float32Array.of(value), []);
      this.value = value;
    }
    return this.tensor;
  }

  dispose(): void {
    if (this.tensor) this.kernels.free(this.tensor);
    this.tensor = undefined;
  }
}
