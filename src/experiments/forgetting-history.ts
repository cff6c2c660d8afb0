import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { loadCheckpoint } from '../training/checkpoint';
import { forgettingCounts } from '../training/forgetting-counts';

/** The forgetting events of every row of the train split up to and with one epoch. */
export interface ForgettingEpoch {
  epoch: number;
  /** Infinity for rows never learned, and for rows that were not trained on. */
  counts: Float64Array;
  arch: string;
}

/**
 * The forgetting counts that a training's checkpoints hold: after each epoch where all were kept (--checkpoint all), else
 * after the last. Empty where the training did not count them. Memory: 8 bytes a row and epoch.
 * @throws SvpError SVP_E_CHECKPOINT for a damaged one
 */
export async function forgettingHistory(folder: string): Promise<ForgettingEpoch[]> {
  const entries = await fs.readdir(folder).catch(() => [] as string[]);
  const each = entries.filter((name) => /^checkpoint_\d+\.svp$/.test(name));
  const names = each.length > 0 ? each : entries.filter((name) => name === 'checkpoint_last.svp');
  const history: ForgettingEpoch[] = [];
  for (const name of names) {
    const checkpoint = await loadCheckpoint(path.join(folder, name));
    const counts = forgettingCounts(checkpoint);
    if (counts) history.push({ epoch: checkpoint.training!.epochs.length, counts, arch: checkpoint.arch });
  }
  return history.sort((a, b) => a.epoch - b.epoch);
}
