import { throwIfAborted } from '../core/abort';
import type { OnProgress } from '../core/progress';
import type { Splits } from '../data/examples';
import { loadSource, sourceOf } from './dataset-source';
import { openTrainingHost } from './open-training-host';
import type { TrainingHost } from './training-host';
import { datasetIdentity } from './training-identity';

/** A data set and what trains on it: what a protocol works at, and the runs of a sweep share. */
export interface Workbench {
  /** The data set's name, without '/train'. */
  name: string;
  splits: Splits;
  host: TrainingHost;
  /** The data set's identity, with the labels of its train split or without; computed once. */
  identity(labels: boolean): string;
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  dataset: string | Splits;
  cacheDirectory?: string;
  /** Of folders of images; see LoadOptions. */
  resizedCache?: number;
  /** Train in a child process. Default true. */
  isolate?: boolean;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** In place of one of the package's own; it is closed, too. */
  host?: TrainingHost;
}

/** Loads the data set and opens a training host for it. Close it in a `finally`. @throws what `loadDataset` throws */
export async function openWorkbench(o: WorkbenchOptions): Promise<Workbench> {
  throwIfAborted(o.signal);
  const source = sourceOf(o.dataset, o);
  const splits = await loadSource(source, {
    ...(o.signal ? { signal: o.signal } : {}),
    ...(o.onProgress ? { onProgress: o.onProgress } : {}),
  });
  const identities = new Map<boolean, string>();
  const host = o.host ?? new HostOnDemand(() => openTrainingHost(source, o.isolate ?? true));
  return {
    name: splits.train.name.replace(/\/train$/, ''),
    splits,
    host,
    identity(labels) {
      let identity = identities.get(labels);
      if (identity === undefined) {
        identity = datasetIdentity(splits, { labels });
        identities.set(labels, identity);
      }
      return identity;
    },
    close: () => host.close(),
  };
}

/** Opens the host at its first job: a run that only reads what is done starts no process and loads no TensorFlow. */
class HostOnDemand implements TrainingHost {
  private opened?: TrainingHost;

  constructor(private readonly open: () => TrainingHost) {}

  private get host(): TrainingHost {
    this.opened ??= this.open();
    return this.opened;
  }

  prepare(...job: Parameters<TrainingHost['prepare']>) {
    return this.host.prepare(...job);
  }

  train(...job: Parameters<TrainingHost['train']>) {
    return this.host.train(...job);
  }

  score(...job: Parameters<TrainingHost['score']>) {
    return this.host.score(...job);
  }

  async release(model: string): Promise<void> {
    await this.opened?.release(model);
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }
}
