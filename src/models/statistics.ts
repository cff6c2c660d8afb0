import type { Handle, Kernels } from './kernels';

/** One running mean or variance: a vector that training moves and no gradient descends on. */
export class Statistic {
  private handle?: Handle;

  constructor(
    private readonly kernels: Kernels,
    /** 'layer1.0.bn1.running_mean' */
    readonly name: string,
    private readonly initial: Float32Array,
  ) {}

  get size(): number {
    return this.initial.length;
  }

  get value(): Handle {
    this.handle ??= this.kernels.float(this.initial, [this.initial.length]);
    return this.handle;
  }

  /** Frees the old value and owns the new one. */
  replace(value: Handle): void {
    this.dispose();
    this.handle = value;
  }

  dispose(): void {
    if (this.handle) this.kernels.free(this.handle);
    this.handle = undefined;
  }
}

/** The running statistics of a network, in the order of its layers. */
export class StatisticSet {
  readonly list: Statistic[] = [];

  constructor(private readonly kernels: Kernels) {}

  add(name: string, initial: Float32Array): Statistic {
    const statistic = new Statistic(this.kernels, name, initial);
    this.list.push(statistic);
    return statistic;
  }

  dispose(): void {
    for (const statistic of this.list) statistic.dispose();
  }
}
