import { z } from 'zod';
import { SvpError } from '../errors';

export const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;

/** How gradients move the parameters, as a caller says it. */
export interface OptimizerOptions {
  /** 'sgd' (default, the paper's), 'adam' or 'adamw', each as PyTorch defines it. */
  optimizer?: (typeof OPTIMIZERS)[number];
  /** sgd: share of the last step that goes into the next, 0 … 1. Default 0.9. */
  momentum?: number;
  /** sgd: Nesterov's momentum. Default false. */
  nesterov?: boolean;
  /** adam, adamw: share of the running mean of gradients that stays at each step. Default 0.9. */
  beta1?: number;
  /** adam, adamw: the same of their squares. Default 0.999. */
  beta2?: number;
  /** adam, adamw: added to the root of the mean square. Default 1e-8. */
  epsilon?: number;
  /**
   * sgd, adam: L2 penalty, this share of a parameter is added to its gradient; adamw: this share of it, times the learning
   * rate, is taken off at each step. Default 5e-4 for sgd (the paper's), 0 for adam, 0.01 for adamw (PyTorch's).
   */
  weightDecay?: number;
  /** Weight decay on batch norm's scale and shift, too, as the paper's reference code has it. Default false. */
  decayBatchNorm?: boolean;
  /** Weight decay on the biases of linear layers, too. Default true, as PyTorch and the reference. */
  decayBiases?: boolean;
}

/** The same with every default filled in. Those of another optimizer hold their defaults and are not used. */
export interface ResolvedOptimizer {
  optimizer: (typeof OPTIMIZERS)[number];
  momentum: number;
  nesterov: boolean;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  decayBatchNorm: boolean;
  decayBiases: boolean;
}

const share = z.number().min(0).lt(1).optional();

export const optimizerShape = {
  optimizer: z.enum(OPTIMIZERS).optional(),
  momentum: share,
  nesterov: z.boolean().optional(),
  beta1: share,
  beta2: share,
  epsilon: z.number().gt(0).max(1).optional(),
  weightDecay: z.number().min(0).max(1).optional(),
  decayBatchNorm: z.boolean().optional(),
  decayBiases: z.boolean().optional(),
};

/** Options that only one kind of optimizer has. */
export const SGD_ONLY = ['momentum', 'nesterov'] as const;
export const ADAM_ONLY = ['beta1', 'beta2', 'epsilon'] as const;

const DEFAULT_DECAY = { sgd: 5e-4, adam: 0, adamw: 0.01 };

/** What weight decay is where nobody says. */
export function defaultWeightDecay(optimizer: ResolvedOptimizer['optimizer'] = 'sgd'): number {
  return DEFAULT_DECAY[optimizer];
}

/**
 * Fills in the defaults.
 * @param where the call, for messages
 * @throws SvpError SVP_E_OPTION for options of another optimizer, and for Nesterov's momentum without momentum
 */
export function resolveOptimizer(o: OptimizerOptions, where: string): ResolvedOptimizer {
  const optimizer = o.optimizer ?? 'sgd';
  const foreign = (optimizer === 'sgd' ? ADAM_ONLY : SGD_ONLY).find((name) => o[name] !== undefined);
  const fail = (option: string, message: string): never => {
    throw new SvpError('SVP_E_OPTION', `${where}: option ${option}: ${message}`, { option });
  };
  if (foreign) {
    fail(
      foreign,
      optimizer === 'sgd'
        ? 'is for adam and adamw; sgd has momentum and nesterov. Leave it out, or choose another optimizer.'
        : `is for sgd; ${optimizer} has beta1, beta2 and epsilon. Leave it out, or choose sgd.`,
    );
  }
  const momentum = o.momentum ?? 0.9;
  if (o.nesterov && momentum === 0) {
    fail('nesterov', 'needs a momentum above 0. Raise momentum, or leave nesterov out.');
  }
  return {
    optimizer,
    momentum,
    nesterov: o.nesterov ?? false,
    beta1: o.beta1 ?? 0.9,
    beta2: o.beta2 ?? 0.999,
    epsilon: o.epsilon ?? 1e-8,
    weightDecay: o.weightDecay ?? defaultWeightDecay(optimizer),
    decayBatchNorm: o.decayBatchNorm ?? false,
    decayBiases: o.decayBiases ?? true,
  };
}
