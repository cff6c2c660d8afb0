import { setImmediate as nextTurn } from 'node:timers/promises';
import { SvpError } from '../errors';
import type { BatchValues, Model, OutputName, Outputs } from '../models/model';
import { type InputConfig, inputOf } from './input-config';
import type { ModelInput, Scorer, ScorerBatch } from './scorer';

/**
 * A model of this package as a scorer, in this thread, which each batch blocks: TensorFlow's binding is synchronous.
 * Checkpoints are scored in a process of their own instead (experiments/checkpoint-scorer.ts). The model stays its
 * owner's: `close` does not dispose of it.
 */
export class ModelScorer implements Scorer {
  readonly provider = 'tensorflow';
  readonly providerReason = 'a model in memory is scored where it lies';
  readonly runtime = 'TensorFlow';
  readonly name: string;
  readonly classes: number;
  readonly featureSize: number;
  readonly input: ModelInput;
  private closed = false;
  private last: Promise<unknown> = Promise.resolve();

  /** @param config how its images are normalised, where the pool does not know */
  constructor(
    private readonly model: Model,
    config: InputConfig = {},
  ) {
    this.name = model.arch;
    this.classes = model.classes;
    this.featureSize = model.featureSize;
    this.input = inputOf(model.input, config);
  }

  async prepare(): Promise<void> {}

  async score<Used>(
    batch: ScorerBatch,
    outputs: readonly OutputName[],
    use: (outputs: Outputs) => Used | Promise<Used>,
  ): Promise<Used> {
    const answer = this.last.then(async () => {
      // A turn of the event loop before each batch: the one after the other would starve it.
      await nextTurn();
      if (this.closed) throw new SvpError('SVP_E_ABORT', 'The model was closed.');
      const { values, size } = batch;
      return this.model.infer(values as BatchValues, size, outputs);
    });
    this.last = answer.catch(() => {});
    return use(await answer);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
