import type { Handle, Kernels } from '../models/kernels';
import type { Model } from '../models/model';
import { AdamOptimizer } from './adam-optimizer';
import { MomentumOptimizer } from './momentum-optimizer';
import type { ResolvedOptimizer } from './optimizer-options';

/** What an optimizer remembers between steps, for a checkpoint. */
export interface OptimizerState {
  name: ResolvedOptimizer['optimizer'];
  /** Steps taken. */
  steps: number;
  /** Flat vectors like `Model.parameterVector`, by their names. */
  vectors: Record<string, Float32Array>;
}

/** Moves a model's parameters down gradients, on the flat vector of all of them: few operations, whatever the number of layers. */
export interface Optimizer {
  /** One step down `gradient`, which stays the caller's. */
  step(gradient: Handle, rate: number): void;
  /** A copy of what it remembers. */
  read(): OptimizerState;
  /** Goes on from what `read` gave, to the bit. */
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** The optimizer that a recipe asks for. Dispose of it when done. */
export function createOptimizer(kernels: Kernels, model: Model, options: ResolvedOptimizer): Optimizer {
  const { optimizer } = options;
  return optimizer === 'sgd'
    ? new MomentumOptimizer(kernels, model, options)
    : new AdamOptimizer(kernels, model, { ...options, optimizer });
}
