import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted } from '../core/abort';
import type { ModelInput as ModelOwnInput, OutputName, Outputs } from '../models/model';
import { trainingEnvironment } from '../models/tensorflow';
import { type InputConfig, inputOf } from '../scoring/input-config';
import { ScoringProcess } from '../scoring/process/scoring-process';
import type { ModelInput, Scorer, ScorerBatch } from '../scoring/scorer';

/** What the child tells of the model that it has loaded. */
export interface LoadedCheckpoint {
  arch: string;
  input: ModelOwnInput;
  classes: number;
  featureSize: number;
  runtime: string;
  device: string;
}

export interface CheckpointRun {
  outputs: readonly OutputName[];
}

/** The compiled child: beside this file, or in dist/ when this runs from the TypeScript sources (the tests). */
function program(): string {
  const beside = path.join(__dirname, 'checkpoint-scorer-process.js');
  if (existsSync(beside)) return beside;
  return path.join(__dirname, '..', '..', 'dist', 'experiments', 'checkpoint-scorer-process.js');
}

/**
 * A trained model of this package in a child process of its own: TensorFlow's binding is synchronous, and a crash of it
 * would take this process down.
 */
export class CheckpointScorer implements Scorer {
  readonly provider = 'tensorflow';
  readonly name: string;
  readonly classes: number;
  readonly featureSize: number;
  readonly runtime: string;
  readonly providerReason: string;
  readonly input: ModelInput;

  private constructor(
    private readonly child: ScoringProcess,
    { arch, input, classes, featureSize, runtime, device }: LoadedCheckpoint,
    config: InputConfig,
  ) {
    this.name = arch;
    this.classes = classes;
    this.featureSize = featureSize;
    this.runtime = runtime;
    this.providerReason = `checkpoints are scored by TensorFlow, on the ${device}`;
    this.input = inputOf(input, config);
  }

  /**
   * Starts a process and loads a checkpoint there: a second or two.
   * @param config how its images are normalised, where the pool does not know
   * @throws SvpError SVP_E_FILE, SVP_E_CHECKPOINT, SVP_E_OPTION, SVP_E_RUNTIME, SVP_E_ABORT
   */
  static async open(file: string, config: InputConfig = {}, signal?: AbortSignal): Promise<CheckpointScorer> {
    throwIfAborted(signal);
    const child = new ScoringProcess({
      program: program(),
      title: 'The process that scores the checkpoint',
      env: trainingEnvironment(),
    });
    const loaded = await child.open<LoadedCheckpoint>({ file: path.resolve(file) }, signal);
    try {
      return new CheckpointScorer(child, loaded, config);
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  async prepare(): Promise<void> {}

  score<Used>(
    batch: ScorerBatch,
    outputs: readonly OutputName[],
    use: (outputs: Outputs) => Used | Promise<Used>,
  ): Promise<Used> {
    return this.child.score(batch, { outputs } satisfies CheckpointRun, use);
  }

  close(): Promise<void> {
    return this.child.close();
  }
}
