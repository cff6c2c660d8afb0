import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import type { FastTextCorpus } from '../native/fasttext-corpus';
import { type FastTextCounters, type FastTextModel, readModel, writeModel } from '../native/fasttext-model';
import type { ForgettingTracker } from '../native/forgetting-tracker';
import type { FastTextPlan } from './fasttext-options';

/** The state of a training after a whole epoch, in a checkpoint's header. */
export interface SavedTraining {
  fingerprint: string;
  epochs: EpochRecord[];
  seconds: number;
}

/** A hash of everything that decides the training: options, labels, rows, and the engine's own of the text. */
export function fingerprint(
  o: FastTextPlan,
  of: { corpus: FastTextCorpus; names: string[]; labels: Uint32Array; indices: Uint32Array; text: string },
): string {
  const { dim, wordNgrams, buckets, minCount, epochs, learningRate, shuffle, seed, trackForgetting } = o;
  const options = {
    dim,
    wordNgrams,
    buckets,
    minCount,
    epochs,
    learningRate,
    shuffle,
    seed,
    trackForgetting,
  };
  const { normalize, examples } = of.corpus;
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ ...options, names: of.names, normalize, examples, text: of.text }));
  for (const { buffer, byteOffset, byteLength } of [of.labels, of.indices]) {
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** Writes the state after an epoch; the one before it is kept as `path`.previous. @throws SvpError SVP_E_WRITE */
export async function saveTraining(
  path: string,
  session: SavedTraining & { model: FastTextModel; forgetting?: ForgettingTracker },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { model, fingerprint: print, epochs, seconds, forgetting } = session;
  const training: SavedTraining = { fingerprint: print, epochs, seconds };
  const header = { labelNames: [...model.labelNames], normalize: model.normalize, training };
  await writeModel(model, path, `${path}.previous`, header, forgetting?.counters(), { signal });
}

/**
 * The newest whole checkpoint, or undefined where there is none at all.
 * @throws SvpError SVP_E_CHECKPOINT where there are files and none is whole
 */
export async function usableTraining(
  path: string,
  signal: AbortSignal | undefined,
): Promise<
  { model: FastTextModel; counters: FastTextCounters; training: SavedTraining; file: string } | undefined
> {
  const files = [path, `${path}.previous`].filter((file) => existsSync(file));
  let failure: unknown;
  for (const file of files) {
    try {
      const { model, counters, header } = await readModel(file, true, { signal });
      const training = header.training as SavedTraining | undefined;
      if (!training || !Array.isArray(training.epochs)) {
        throw new SvpError('SVP_E_CHECKPOINT', `${file} holds a model and no training to go on with.`, {
          file,
        });
      }
      return { model, counters, training, file };
    } catch (error) {
      if (!(error instanceof SvpError) || error.code !== 'SVP_E_CHECKPOINT') throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}
