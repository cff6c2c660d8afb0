import type { Matrix } from '../core/matrix';
import type { JobHooks, ScoringRuntime, TrainingHost } from './training-host';

/** Runs a kept model over rows of the train split with the evaluation transform: the selection pass. */
export interface PoolScorer {
  /** One score a row by a method that looks at logits: higher is picked earlier. */
  scores(
    model: string,
    rows: Uint32Array,
    method: string,
    hooks: JobHooks,
  ): Promise<{ scores: Float32Array; seconds: number }>;
  /** The final hidden layer's outputs, a row each. */
  features(model: string, rows: Uint32Array, hooks: JobHooks): Promise<{ features: Matrix; seconds: number }>;
}

/** The one place that decides what scores: the training host, by the runtime that trained the model or by ONNX Runtime. */
export function poolScorer(host: TrainingHost, runtime: ScoringRuntime = 'tensorflow'): PoolScorer {
  return {
    async scores(model, indices, method, hooks) {
      const { scores, seconds } = await host.score({ model, indices, measures: [method], runtime }, hooks);
      return { scores: scores![method], seconds };
    },
    async features(model, indices, hooks) {
      const { features, seconds } = await host.score({ model, indices, features: true, runtime }, hooks);
      return { features: features!, seconds };
    },
  };
}
