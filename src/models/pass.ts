import type { Handle, Kernels } from './kernels';
import type { Parameter } from './parameters';
import type { Attribute } from './tensorflow';

/**
 * One pass of one batch through a network: owns every tensor that is made on the way, so that a pass that fails half-way
 * leaks nothing, and lets layers give tensors up early. Early release is worth its trouble twice: less memory, and the
 * allocator hands out memory that is still in the cache.
 */
export class Pass {
  /** How many holders each tensor of this pass has. */
  private readonly holders = new Map<Handle, number>();
  private readonly gradients: (Handle | undefined)[];

  /** @param values the parameters' values in the order of their `index`; they stay the caller's */
  constructor(
    readonly kernels: Kernels,
    /** With the batch's own statistics, and keeping what the way back needs; otherwise with the running statistics. */
    readonly training: boolean,
    private readonly values: readonly Handle[],
  ) {
    this.gradients = new Array(values.length);
  }

  /** Runs an operation with one output. */
  one(name: string, attributes: readonly Attribute[], inputs: readonly Handle[]): Handle {
    const [output] = this.kernels.run(name, attributes, inputs, 1);
    this.holders.set(output, 1);
    return output;
  }

  /** Runs an operation with several outputs. */
  many(name: string, attributes: readonly Attribute[], inputs: readonly Handle[], outputs: number): Handle[] {
    const made = this.kernels.run(name, attributes, inputs, outputs);
    for (const output of made) this.holders.set(output, 1);
    return made;
  }

  /** One more holder: it will `release` too. Tensors that are not the pass's own (a parameter, the images) need none. */
  retain(tensor: Handle): Handle {
    const count = this.holders.get(tensor);
    if (count !== undefined) this.holders.set(tensor, count + 1);
    return tensor;
  }

  /** One holder less; the last one frees the tensor. */
  release(tensor: Handle): void {
    const count = this.holders.get(tensor);
    if (count === undefined) return;
    if (count > 1) {
      this.holders.set(tensor, count - 1);
      return;
    }
    this.holders.delete(tensor);
    this.kernels.free(tensor);
  }

  /** The pass takes a tensor over, for its caller to hold. */
  adopt(tensor: Handle): Handle {
    this.holders.set(tensor, 1);
    return tensor;
  }

  /** The pass lets a tensor go, whoever held it: the caller owns it from now on. */
  give(tensor: Handle): Handle {
    this.holders.delete(tensor);
    return tensor;
  }

  value(parameter: Parameter): Handle {
    return this.values[parameter.index];
  }

  /** Notes the gradient of a parameter; each is set once a pass. */
  setGradient(parameter: Parameter, gradient: Handle): void {
    this.gradients[parameter.index] = gradient;
  }

  gradient(index: number): Handle {
    const gradient = this.gradients[index];
    if (!gradient) throw new Error(`parameter ${index} got no gradient`);
    return gradient;
  }

  /** Frees all that is left. */
  close(): void {
    for (const tensor of this.holders.keys()) this.kernels.free(tensor);
    this.holders.clear();
  }
}
