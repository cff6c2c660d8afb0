import { SvpError } from '../errors';

/** A stepwise schedule: stage i is `epochs[i]` epochs at `learningRates[i]`, as the reference's --epochs and --learning-rates. */
export interface StepwiseSchedule {
  epochs: readonly number[];
  learningRates: readonly number[];
}

/**
 * The learning rate of every epoch, in order; empty for no epochs.
 * @throws SvpError SVP_E_OPTION when the lists differ in length, a stage is not a whole number of epochs or a rate is not
 *   above 0
 */
export function learningRatePerEpoch({ epochs, learningRates }: StepwiseSchedule): number[] {
  const fail = (option: string, message: string): never => {
    throw new SvpError('SVP_E_OPTION', message, { option });
  };
  if (epochs.length !== learningRates.length) {
    fail(
      'learningRates',
      `${epochs.length} stages of epochs came with ${learningRates.length} learning rates: give one rate per stage.`,
    );
  }
  epochs.forEach((stage) => {
    if (!Number.isSafeInteger(stage) || stage < 0) {
      fail('epochs', `A stage must be a whole number of epochs, at least 0, not ${stage}.`);
    }
  });
  learningRates.forEach((rate) => {
    if (!Number.isFinite(rate) || rate <= 0)
      fail('learningRates', `A learning rate must be above 0, not ${rate}.`);
  });
  return epochs.flatMap((stage, i) => new Array<number>(stage).fill(learningRates[i]));
}
