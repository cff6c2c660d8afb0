import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { throwIfAborted } from '../core/abort';
import type { OutputName, Outputs } from '../models/model';
import type { InputConfig } from './input-config';
import { type DescribedModel, describeModel, missingOutput } from './onnx/describe';
import type { OnnxChildData, OnnxDevice, OnnxModel, OnnxRun } from './onnx/messages';
import { ScoringProcess } from './process/scoring-process';
import type { ModelInput, Scorer, ScorerBatch } from './scorer';

export interface OnnxScorerOptions {
  config?: InputConfig;
  /** Threads of ONNX Runtime's own pool; default: one a processor. */
  threads?: number;
  /** Default: 'auto'. */
  device?: OnnxDevice;
  signal?: AbortSignal;
}

/** The compiled child: beside this file, or in dist/ when this runs from the TypeScript sources (the tests). */
function program(): string {
  const beside = path.join(__dirname, 'onnx', 'child.js');
  if (existsSync(beside)) return beside;
  return path.join(__dirname, '..', '..', 'dist', 'scoring', 'onnx', 'child.js');
}

/**
 * An ONNX model in a child process of its own, which ends with `close` or with this process. Not in a thread: ONNX
 * Runtime's binding for Node takes the whole process down when its thread ends during a run (process.exit, a terminated
 * worker), and a run cannot be stopped otherwise.
 */
export class OnnxScorer implements Scorer {
  readonly name: string;
  classes: number | undefined;
  featureSize: number | undefined;

  private constructor(
    private readonly file: string,
    private readonly child: ScoringProcess,
    private readonly model: OnnxModel,
    private readonly described: DescribedModel,
  ) {
    this.name = path.basename(file);
    this.classes = this.declaredColumns(described.run.outputs.logits);
    this.featureSize = this.declaredColumns(described.run.outputs.features);
  }

  /**
   * Loads a model in a process of its own and finds out what it takes and gives.
   * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_SHAPE, SVP_E_OPTION, SVP_E_DEVICE, SVP_E_MEMORY, SVP_E_RUNTIME, SVP_E_ABORT
   */
  static async open(file: string, options: OnnxScorerOptions = {}): Promise<OnnxScorer> {
    throwIfAborted(options.signal);
    const data: OnnxChildData = {
      file: path.resolve(file),
      threads: options.threads ?? availableParallelism(),
      device: options.device ?? 'auto',
    };
    const child = new ScoringProcess({ program: program(), title: 'The process that runs ONNX Runtime' });
    const model = await child.open<OnnxModel>(data, options.signal);
    try {
      return new OnnxScorer(file, child, model, describeModel(file, model, options.config ?? {}));
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  get input(): ModelInput {
    return this.described.input;
  }

  get provider(): string {
    return this.model.provider;
  }

  get providerReason(): string {
    return this.model.providerReason;
  }

  get runtime(): string {
    return `ONNX Runtime ${this.model.version}`;
  }

  /** What the exporter wrote beside the graph. */
  get metadata(): Readonly<Record<string, string>> {
    return this.model.metadata;
  }

  /** Files beside the model that hold weights. */
  get externalFiles(): readonly string[] {
    return this.model.externalFiles;
  }

  /** Where every batch has to be of one size: that size. */
  get fixedBatch(): number | undefined {
    return this.described.run.fixedBatch;
  }

  async score<Used>(
    batch: ScorerBatch,
    outputs: readonly OutputName[],
    use: (outputs: Outputs) => Used | Promise<Used>,
  ): Promise<Used> {
    const names = this.described.run.outputs;
    for (const output of outputs) {
      if (names[output] === undefined) throw missingOutput(this.file, this.model, output);
    }
    const run: OnnxRun = {
      ...this.described.run,
      outputs: Object.fromEntries(outputs.map((output) => [output, names[output]])),
    };
    return this.child.score(batch, run, use);
  }

  close(): Promise<void> {
    return this.child.close();
  }

  async prepare(itemShape: readonly number[], wanted: readonly OutputName[]): Promise<void> {
    const { outputs } = this.described.run;
    for (const output of wanted)
      if (outputs[output] === undefined) throw missingOutput(this.file, this.model, output);
    const columns = { logits: this.classes, features: this.featureSize };
    const unknown = wanted.filter((output) => columns[output] === undefined);
    if (unknown.length === 0) return;
    // One item of zeros tells.
    const length = itemShape.reduce((a, b) => a * b, 1);
    const { dtype } = this.input;
    const values = dtype === 'int64' ? new BigInt64Array(length) : new Uint8Array(length);
    await this.score({ size: 1, itemShape, values }, unknown, ({ logits, features }) => {
      if (logits) this.classes = logits.length;
      if (features) this.featureSize = features.length;
    });
  }

  /** Columns of an output as far as the file says them. */
  private declaredColumns(name: string | undefined): number | undefined {
    const shape = this.model.outputs.find((value) => value.name === name)?.shape.slice(1);
    if (shape === undefined || shape.length === 0) return undefined;
    return shape.every((axis) => typeof axis === 'number')
      ? shape.reduce((a: number, b) => a * (b as number), 1)
      : undefined;
  }
}
