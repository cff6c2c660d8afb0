import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { types } from 'node:util';
import { Worker } from 'node:worker_threads';
import { throwIfAborted, unlessAborted } from '../core/abort';
import { receivedError } from '../core/sent-error';
import { SvpError } from '../errors';
import type { OutputName, Outputs } from '../models/model';
import type { InputConfig } from './input-config';
import { type DescribedModel, describeModel, missingOutput } from './onnx/describe';
import type { FromThread, OnnxDevice, OnnxModel, OnnxWorkerData, ToThread } from './onnx/messages';
import type { ModelInput, Scorer, ScorerBatch } from './scorer';

export interface OnnxScorerOptions {
  config?: InputConfig;
  /** Threads of ONNX Runtime's own pool; default: one a processor. */
  threads?: number;
  /** Default: 'auto'. */
  device?: OnnxDevice;
  signal?: AbortSignal;
}

interface Pending {
  resolve: (outputs: Outputs) => void;
  reject: (error: unknown) => void;
}

/** The compiled thread: beside this file, or in dist/ when this runs from the TypeScript sources (the tests). */
function threadFile(): string {
  const beside = path.join(__dirname, 'onnx', 'thread.js');
  if (existsSync(beside)) return beside;
  const compiled = path.join(__dirname, '..', '..', 'dist', 'scoring', 'onnx', 'thread.js');
  if (existsSync(compiled)) return compiled;
  throw new SvpError(
    'SVP_E_RUNTIME',
    `The scoring thread ${beside} is missing. Build the package first: npm run setup.`,
    {
      file: beside,
    },
  );
}

/** A model in a worker thread of its own, which ends with `close`. */
export class OnnxScorer implements Scorer {
  readonly name: string;
  classes: number | undefined;
  featureSize: number | undefined;
  private readonly pending = new Map<number, Pending>();
  private readonly gone: Promise<void>;
  private lastId = 0;
  private death: SvpError | undefined;
  private model!: OnnxModel;
  private described!: DescribedModel;

  private constructor(
    private readonly file: string,
    private readonly worker: Worker,
  ) {
    this.name = path.basename(file);
    // A forgotten scorer must not keep the process alive; a call in flight does.
    worker.unref();
    worker.on('message', (message: FromThread) => this.receive(message));
    worker.on('error', (cause) => this.die(causeOfDeath(cause)));
    this.gone = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.die(
          new SvpError(
            'SVP_E_RUNTIME',
            `The thread of ONNX Runtime ended with code ${code}. Run svp doctor to check the installation.`,
          ),
        );
        resolve();
      });
    });
  }

  /**
   * Loads a model in a thread of its own and finds out what it takes and gives.
   * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_SHAPE, SVP_E_OPTION, SVP_E_DEVICE, SVP_E_MEMORY, SVP_E_RUNTIME, SVP_E_ABORT
   */
  static async open(file: string, options: OnnxScorerOptions = {}): Promise<OnnxScorer> {
    throwIfAborted(options.signal);
    const data: OnnxWorkerData = {
      file: path.resolve(file),
      threads: options.threads ?? availableParallelism(),
      device: options.device ?? 'auto',
    };
    const worker = new Worker(threadFile(), { workerData: data, execArgv: [], name: 'svp-onnx' });
    const scorer = new OnnxScorer(file, worker);
    try {
      scorer.model = await unlessAborted(options.signal, scorer.opened());
      scorer.described = describeModel(file, scorer.model, options.config ?? {});
      const { outputs } = scorer.described.run;
      scorer.classes = scorer.declaredColumns(outputs.logits);
      scorer.featureSize = scorer.declaredColumns(outputs.features);
      return scorer;
    } catch (error) {
      scorer.abandon(new SvpError('SVP_E_ABORT', 'The model was closed.'));
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

  async score(batch: ScorerBatch, outputs: readonly OutputName[]): Promise<Outputs> {
    if (this.death) throw this.death;
    const names = this.described.run.outputs;
    for (const output of outputs) {
      if (names[output] === undefined) throw missingOutput(this.file, this.model, output);
    }
    const id = ++this.lastId;
    // The thread writes nothing to the values, so that memory of the whole array moves and all else is copied.
    const { buffer } = batch.values;
    const whole = batch.values.byteLength === buffer.byteLength;
    const values =
      whole || types.isSharedArrayBuffer(buffer)
        ? batch.values
        : (batch.values.slice() as ScorerBatch['values']);
    const message: ToThread = {
      type: 'run',
      id,
      batch: { ...batch, values },
      run: {
        ...this.described.run,
        outputs: Object.fromEntries(outputs.map((output) => [output, names[output]])),
      },
    };
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.ref();
      const moved = values.buffer;
      this.worker.postMessage(message, types.isSharedArrayBuffer(moved) ? [] : [moved as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    if (this.pending.size > 0) return this.abandon(new SvpError('SVP_E_ABORT', 'The model was closed.'));
    this.death ??= new SvpError('SVP_E_ABORT', 'The model was closed.');
    this.worker.ref();
    this.worker.postMessage({ type: 'close' } satisfies ToThread);
    await this.gone;
  }

  /** Lets go of the thread without waiting: a run under way ends first, at its own pace, and its answer is lost. */
  private abandon(why: SvpError): void {
    this.die(why);
    void this.worker.terminate();
  }

  private opened(): Promise<OnnxModel> {
    return new Promise((resolve, reject) => {
      this.pending.set(0, { resolve: resolve as never, reject });
      this.worker.ref();
    });
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
    const given = await this.score({ size: 1, itemShape, values }, unknown);
    if (given.logits) this.classes = given.logits.length;
    if (given.features) this.featureSize = given.features.length;
  }

  /** Columns of an output as far as the file says them. */
  private declaredColumns(name: string | undefined): number | undefined {
    const shape = this.model.outputs.find((value) => value.name === name)?.shape.slice(1);
    if (shape === undefined || shape.length === 0) return undefined;
    return shape.every((axis) => typeof axis === 'number')
      ? shape.reduce((a: number, b) => a * (b as number), 1)
      : undefined;
  }

  private receive(message: FromThread): void {
    const id = message.type === 'open' ? 0 : (message.id ?? 0);
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref();
    if (message.type === 'open') pending?.resolve(message.model as never);
    else if (message.type === 'scored') pending?.resolve(message.outputs);
    else pending?.reject(receivedError(message.error));
  }

  private die(why: SvpError): void {
    this.death ??= why;
    for (const { reject } of this.pending.values()) reject(this.death);
    this.pending.clear();
  }
}

function causeOfDeath(cause: unknown): SvpError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new SvpError('SVP_E_MEMORY', 'The thread of ONNX Runtime ran out of memory. Use a smaller batch.', {
        cause,
      })
    : new SvpError('SVP_E_RUNTIME', `The thread of ONNX Runtime failed: ${message ?? String(cause)}`, {
        cause,
      });
}
