/** The paper's stepwise schedules (Selection via Proxy, section 3; the defaults of its reference code), by data set. */
export const SCHEDULE_PRESETS = {
  /** CIFAR-10 and -100, pre-activation ResNets, for batches of 128: 181 epochs, the first of them to warm up. */
  cifar: { epochs: [1, 90, 45, 45], learningRates: [0.01, 0.1, 0.01, 0.001] },
  /** ImageNet, ResNet18 and ResNet50: 100 epochs at rates for batches of 256, scaled in proportion to others. */
  imagenet: {
    epochs: [1, 1, 1, 1, 1, 25, 30, 20, 20],
    learningRates: [0.0167, 0.0333, 0.05, 0.0667, 0.0833, 0.1, 0.01, 0.001, 0.0001],
    referenceBatchSize: 256,
  },
  /** Amazon reviews, VDCNN, for batches of 128: 15 epochs. */
  amazon: { epochs: [3, 3, 3, 3, 3], learningRates: [0.01, 0.005, 0.0025, 0.00125, 0.000625] },
} as const;

export type SchedulePreset = keyof typeof SCHEDULE_PRESETS;

export function isPreset(name: string | undefined): name is SchedulePreset {
  return name !== undefined && Object.hasOwn(SCHEDULE_PRESETS, name);
}
