import { SvpError } from '../errors';

export interface Schedule {
  /** epochs[i] epochs at learningRates[i]. */
  epochs: number[];
  learningRates: number[];
}

/** Epochs in all when nothing is asked for: what a CPU can do while one waits. */
const DEFAULT_EPOCHS = 5;

/**
 * The paper's stepwise schedule, (1, 90, 45, 45) epochs at (0.01, 0.1, 0.01, 0.001), squeezed into `total` epochs: one
 * to warm up where there is room for it, half of the rest at 0.1, and the remainder split over the two small rates.
 */
export function scheduleOf(total: number): Schedule {
  if (total <= 0) return { epochs: [0], learningRates: [0.1] };
  if (total === 1) return { epochs: [1], learningRates: [0.05] };
  const warmUp = total >= 5 ? 1 : 0;
  const rest = total - warmUp;
  const high = Math.ceil(rest / 2);
  const low = Math.ceil((rest - high) / 2);
  const parts: [number, number][] = [
    [warmUp, 0.01],
    [high, 0.1],
    [low, 0.01],
    [rest - high - low, 0.001],
  ];
  const used = parts.filter(([epochs]) => epochs > 0);
  return { epochs: used.map(([epochs]) => epochs), learningRates: used.map(([, rate]) => rate) };
}

/**
 * What `epochs` and `learningRates` together mean: lists of equal length are a stepwise schedule; one number of epochs
 * alone is their total, in the paper's proportions; nothing is five epochs.
 * @throws SvpError SVP_E_OPTION
 */
export function resolveSchedule(epochs?: number[], learningRates?: number[]): Schedule {
  if (learningRates === undefined) {
    if (epochs === undefined) return scheduleOf(DEFAULT_EPOCHS);
    if (epochs.length === 1) return scheduleOf(epochs[0]);
  } else if (epochs?.length === learningRates.length) {
    return { epochs: [...epochs], learningRates: [...learningRates] };
  }
  const counts = `${epochs?.length ?? 0} numbers of epochs and ${learningRates?.length ?? 0} learning rates`;
  throw new SvpError(
    'SVP_E_OPTION',
    `There are ${counts}: give one learning rate for each number of epochs, or one number of epochs alone.`,
    { option: 'epochs' },
  );
}
