import { z } from 'zod';
import { SvpError } from '../errors';
import { isPreset, SCHEDULE_PRESETS } from './schedule-presets';

export const SCHEDULES = ['steps', 'cosine', 'cifar', 'imagenet', 'amazon'] as const;

/** The learning rate over a training, as a caller says it. */
export interface ScheduleOptions {
  /**
   * 'steps' (default): epochs[i] epochs at learningRates[i], one stage after the other. 'cosine': from the one learning rate
   * down to finalLearningRate along half a cosine, step by step (Loshchilov and Hutter 2017, without restarts). 'cifar',
   * 'imagenet', 'amazon': the paper's stepwise schedules, whose epochs and rates then cannot be given.
   */
  schedule?: (typeof SCHEDULES)[number];
  /** Epochs of each stage. */
  epochs?: number[];
  /** Learning rate of each stage. */
  learningRates?: number[];
  /** Over this many epochs at the start, part of one allowed, the rate rises step by step to what it is. Default 0. */
  warmUpEpochs?: number;
  /** cosine: the rate that the last step comes near. Default 0. */
  finalLearningRate?: number;
  /**
   * The rates are meant for steps of so many examples: they are scaled by the examples of a step (batchSize × accumulate) over
   * this (Goyal et al. 2017). Default: the rates are taken as they are; 256 for 'imagenet', as the paper has it.
   */
  referenceBatchSize?: number;
}

export const scheduleShape = {
  schedule: z.enum(SCHEDULES).optional(),
  epochs: z.array(z.int().min(0)).min(1).optional(),
  learningRates: z.array(z.number().gt(0)).min(1).optional(),
  warmUpEpochs: z.number().min(0).optional(),
  finalLearningRate: z.number().min(0).optional(),
  referenceBatchSize: z.int().min(1).optional(),
};

/** A schedule with its defaults filled in, before it is known how many steps an epoch has. */
export interface ResolvedSchedule {
  kind: 'steps' | 'cosine';
  /** Of each epoch, already scaled, before warm-up; of a cosine its peak. */
  rates: number[];
  warmUpEpochs: number;
  /** Already scaled. */
  finalLearningRate: number;
}

/** @param examples examples of a step: batchSize × accumulate */
export function resolveSchedule(o: ScheduleOptions, examples: number, where: string): ResolvedSchedule {
  const fail = (option: string, message: string): never => {
    throw new SvpError('SVP_E_OPTION', `${where}: option ${option}: ${message}`, { option });
  };
  const { epochs, learningRates, referenceBatchSize } = withPreset(o, fail);
  if (epochs.length !== learningRates.length) {
    fail(
      'learningRates',
      `${epochs.length} stages of epochs came with ${learningRates.length} learning rates: give lists of the same length, one rate per stage.`,
    );
  }
  const kind = o.schedule === 'cosine' ? 'cosine' : 'steps';
  if (kind === 'cosine' && epochs.length !== 1) {
    fail('learningRates', 'a cosine has one number of epochs and one learning rate, its peak.');
  }
  if (kind === 'steps' && o.finalLearningRate !== undefined) {
    fail('finalLearningRate', 'is for a cosine. Choose that schedule, or leave it out.');
  }
  if ((o.finalLearningRate ?? 0) > learningRates[0]) {
    fail('finalLearningRate', `is above the learning rate ${learningRates[0]}, from which a cosine falls.`);
  }
  const scale = referenceBatchSize === undefined ? 1 : examples / referenceBatchSize;
  const rates = epochs.flatMap((stage, i) => new Array<number>(stage).fill(learningRates[i] * scale));
  const warmUpEpochs = o.warmUpEpochs ?? 0;
  // Of a cosine something must be left to fall.
  if (
    warmUpEpochs > rates.length ||
    (kind === 'cosine' && warmUpEpochs > 0 && warmUpEpochs === rates.length)
  ) {
    fail('warmUpEpochs', `${warmUpEpochs} epochs of warm-up do not fit into ${rates.length} epochs.`);
  }
  return { kind, rates, warmUpEpochs, finalLearningRate: (o.finalLearningRate ?? 0) * scale };
}

/** Stages in plain numbers. */
function withPreset(
  { schedule, epochs, learningRates, referenceBatchSize }: ScheduleOptions,
  fail: (option: string, message: string) => never,
): { epochs: readonly number[]; learningRates: readonly number[]; referenceBatchSize?: number } {
  if (!isPreset(schedule)) {
    if (!epochs) return fail('epochs', 'must be given: how many epochs each stage has.');
    if (!learningRates) return fail('learningRates', 'must be given: one learning rate for each stage.');
    return { epochs, learningRates, ...(referenceBatchSize === undefined ? {} : { referenceBatchSize }) };
  }
  for (const [name, value] of Object.entries({ epochs, learningRates })) {
    if (value !== undefined) {
      fail(name, `the schedule ${schedule} says it. Leave it out, or choose the schedule steps.`);
    }
  }
  const preset: { epochs: readonly number[]; learningRates: readonly number[]; referenceBatchSize?: number } =
    SCHEDULE_PRESETS[schedule];
  return { ...preset, ...(referenceBatchSize === undefined ? {} : { referenceBatchSize }) };
}

/** The learning rate of every step. */
export class LearningRates {
  /** Epochs of the whole schedule. */
  readonly epochs: number;
  private readonly warmUpSteps: number;

  /** @param stepsPerEpoch optimizer steps, not micro-batches */
  constructor(
    private readonly schedule: ResolvedSchedule,
    readonly stepsPerEpoch: number,
  ) {
    this.epochs = schedule.rates.length;
    this.warmUpSteps = Math.round(schedule.warmUpEpochs * stepsPerEpoch);
  }

  /** Of step 0, 1, 2 … counted over all epochs. */
  at(step: number): number {
    const rate = this.afterWarmUp(step);
    return step < this.warmUpSteps ? (rate * (step + 1)) / this.warmUpSteps : rate;
  }

  /** Of the last step of epoch 0, 1, 2 …: what a record of the epoch tells. */
  ofEpoch(epoch: number): number {
    return this.at((epoch + 1) * this.stepsPerEpoch - 1);
  }

  private afterWarmUp(step: number): number {
    const { kind, rates, finalLearningRate: end } = this.schedule;
    if (kind === 'steps') return rates[Math.floor(step / this.stepsPerEpoch)];
    const falling = this.epochs * this.stepsPerEpoch - this.warmUpSteps;
    const turn = (Math.PI * Math.max(0, step - this.warmUpSteps)) / falling;
    return end + ((rates[0] - end) * (1 + Math.cos(turn))) / 2;
  }
}
