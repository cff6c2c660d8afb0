import { SvpError } from '../errors';
import type { Recipe } from '../training/recipe';
import { isPreset, SCHEDULE_PRESETS, type SchedulePreset } from '../training/schedule-presets';

export interface Schedule {
  /** epochs[i] epochs at learningRates[i]; of a cosine one of each. */
  epochs: number[];
  learningRates: number[];
  schedule?: 'cosine' | undefined;
  /** Only of a schedule that brings its own. */
  referenceBatchSize?: number;
}

/** Adam's learning rates are about a hundredth of those of gradient descent: PyTorch's default is 0.001. */
const ADAM_SHARE = 0.01;

/** Epochs in all when nothing is asked for: what a CPU can do while one waits. */
const DEFAULT_EPOCHS = 5;

/**
 * The paper's stepwise schedule, (1, 90, 45, 45) epochs at (0.01, 0.1, 0.01, 0.001), squeezed into `total` epochs: one
 * to warm up where there is room for it, half of the rest at 0.1, and the remainder split over the two small rates. For
 * adam and adamw at a hundredth of them.
 */
export function scheduleOf(total: number, optimizer?: Recipe['optimizer']): Schedule {
  const { epochs, learningRates } = paperSchedule(total);
  if (optimizer === undefined || optimizer === 'sgd') return { epochs, learningRates };
  // In decimal: 0.1 × 0.01 is not 0.001.
  return { epochs, learningRates: learningRates.map((rate) => Number((rate * ADAM_SHARE).toPrecision(6))) };
}

function paperSchedule(total: number): Pick<Schedule, 'epochs' | 'learningRates'> {
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
export function resolveSchedule(
  epochs?: number[],
  learningRates?: number[],
  optimizer?: Recipe['optimizer'],
): Schedule {
  if (learningRates === undefined) {
    if (epochs === undefined) return scheduleOf(DEFAULT_EPOCHS, optimizer);
    if (epochs.length === 1) return scheduleOf(epochs[0], optimizer);
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

/**
 * One of the paper's schedules by name, in plain numbers.
 * @throws SvpError SVP_E_OPTION when epochs or rates are given, too
 */
export function presetSchedule(o: Recipe & { schedule: SchedulePreset }): Schedule {
  for (const name of ['epochs', 'learningRates'] as const) {
    if (o[name] === undefined) continue;
    const message = `The schedule ${o.schedule} says its ${name === 'epochs' ? 'epochs' : 'learning rates'}: leave them out, or choose the schedule steps.`;
    throw new SvpError('SVP_E_OPTION', message, { option: name });
  }
  const { epochs, learningRates, ...rest } = {
    referenceBatchSize: undefined,
    ...SCHEDULE_PRESETS[o.schedule],
  };
  const referenceBatchSize = o.referenceBatchSize ?? rest.referenceBatchSize;
  return {
    epochs: [...epochs],
    learningRates: [...learningRates],
    schedule: undefined,
    ...(referenceBatchSize === undefined ? {} : { referenceBatchSize }),
  };
}

/** A cosine over all the epochs given, from the one rate given: 0.1 unless it is, 0.001 for adam and adamw. */
export function cosineSchedule(
  epochs: number[] = [DEFAULT_EPOCHS],
  learningRates?: number[],
  optimizer: Recipe['optimizer'] = 'sgd',
): Schedule {
  const total = epochs.reduce((sum, count) => sum + count, 0);
  const rates = learningRates ?? [optimizer === 'sgd' ? 0.1 : 0.001];
  if (rates.length !== 1) {
    throw new SvpError(
      'SVP_E_OPTION',
      `There are ${rates.length} learning rates: a cosine has one learning rate, its peak.`,
      { option: 'learningRates' },
    );
  }
  return { epochs: [total], learningRates: [...rates], schedule: 'cosine' };
}

/** What a recipe alone says of epochs and rates, with the defaults of the command line. @throws SvpError SVP_E_OPTION */
export function recipeSchedule(o: Recipe): Schedule {
  const { schedule, epochs, learningRates, optimizer } = o;
  if (schedule === 'cosine') return cosineSchedule(epochs, learningRates, optimizer);
  if (isPreset(schedule)) return presetSchedule({ ...o, schedule });
  return { ...resolveSchedule(epochs, learningRates, optimizer), schedule: undefined };
}
