import type { EpochRecord } from '../core/run-record';

export interface EarlyStop {
  /** Epochs without a rise after which training ends. */
  patience: number;
  /** Only a rise by more than this counts. */
  minDelta: number;
}

/**
 * Whether a training ends after these epochs: the best validation accuracy is `patience` epochs old or older. A function of
 * the records alone, so that a resumed training ends where an unbroken one does.
 */
export function stopsEarly(
  epochs: readonly Pick<EpochRecord, 'validationAccuracy'>[],
  { patience, minDelta }: EarlyStop,
): boolean {
  let best = Number.NEGATIVE_INFINITY;
  let since = 0;
  for (const { validationAccuracy = Number.NaN } of epochs) {
    if (validationAccuracy > best + minDelta) {
      best = validationAccuracy;
      since = 0;
    } else since++;
    if (since >= patience) return true;
  }
  return false;
}
