import { existsSync, promises as fs } from 'node:fs';
import * as path from 'node:path';
import { loadCheckpoint } from '../training/checkpoint';
import { forgettingCounts } from '../training/forgetting-counts';
import { type ForgettingAfterEpoch, forgettingPerEpoch } from '../training/forgetting-per-epoch';
import { CORRECTNESS } from './record-correctness';

/**
 * The forgetting counts of every row of the train split that a training has left, for rising epochs: after every epoch where
 * it recorded what was right (correctness.npy) or kept all checkpoints (--checkpoint all), else after the last. Empty where
 * the training did not count them. A record that ends early counts as far as it goes. Memory: 8 bytes a row and epoch.
 * @throws SvpError SVP_E_CHECKPOINT for a damaged one, SVP_E_FORMAT and SVP_E_SHAPE for a damaged record
 */
export async function forgettingHistory(folder: string): Promise<ForgettingAfterEpoch[]> {
  const file = path.join(folder, CORRECTNESS);
  const history: ForgettingAfterEpoch[] = [];
  if (existsSync(file)) for await (const after of forgettingPerEpoch(file)) history.push(after);
  return history.length > 0 ? history : fromCheckpoints(folder);
}

async function fromCheckpoints(folder: string): Promise<ForgettingAfterEpoch[]> {
  const entries = await fs.readdir(folder).catch(() => [] as string[]);
  const each = entries.filter((name) => /^checkpoint_\d+\.svp$/.test(name));
  const names = each.length > 0 ? each : entries.filter((name) => name === 'checkpoint_last.svp');
  const history: ForgettingAfterEpoch[] = [];
  for (const name of names) {
    const checkpoint = await loadCheckpoint(path.join(folder, name));
    const counts = forgettingCounts(checkpoint);
    if (counts) history.push({ epoch: checkpoint.training!.epochs.length, counts });
  }
  return history.sort((a, b) => a.epoch - b.epoch);
}
