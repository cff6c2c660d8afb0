import { ForgettingTracker } from '../native/forgetting-tracker';
import type { Checkpoint } from './checkpoint';

/**
 * The forgetting events that a checkpoint has counted, for every row of the train split: Infinity for rows that were
 * never right, those that were not trained on included. Undefined where the training did not count them.
 * @throws SvpError SVP_E_FORMAT if they are damaged
 */
export function forgettingCounts({ training }: Checkpoint): Float64Array | undefined {
  if (training?.forgetting === undefined) return undefined;
  return ForgettingTracker.fromJSON(training.forgetting).counts('infinity');
}
