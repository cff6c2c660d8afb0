import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted, unlessAborted } from '../core/abort';
import { receivedError, type SentError } from '../core/sent-error';
import { SvpError } from '../errors';
import type { OutputName, Outputs } from '../models/model';
import { trainingEnvironment } from '../models/tensorflow';
import type { ModelInput, Scorer, ScorerBatch } from '../scoring/scorer';

/** What the child tells of the model that it has loaded. */
export interface LoadedCheckpoint {
  arch: string;
  inputShape: number[];
  classes: number;
  featureSize: number;
  runtime: string;
  device: string;
}

export type ToScoringChild =
  | { type: 'open'; file: string }
  | { type: 'score'; id: number; batch: ScorerBatch; outputs: readonly OutputName[] };

export type FromScoringChild =
  | { type: 'open'; model: LoadedCheckpoint }
  | { type: 'scored'; id: number; outputs: Outputs }
  | { type: 'failed'; id: number; error: SentError };

const STDERR_TAIL = 4096;
const GRACE_MS = 1500;
/** Batches travel by a pipe, and their serialization takes a turn of the event loop: a millisecond for this much. */
const BATCH_BYTES = 1 << 20;

interface Pending {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** The compiled child: beside this file, or in dist/ when this runs from the TypeScript sources (the tests). */
function childFile(): string {
  const beside = path.join(__dirname, 'checkpoint-scorer-process.js');
  if (existsSync(beside)) return beside;
  return path.join(__dirname, '..', '..', 'dist', 'experiments', 'checkpoint-scorer-process.js');
}

/**
 * A trained model of this package in a child process of its own: TensorFlow's binding is synchronous, and a crash of it
 * would take this process down. The child ends with `close`, or with this process.
 */
export class CheckpointScorer implements Scorer {
  readonly provider = 'tensorflow';
  readonly batchBytes = BATCH_BYTES;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly gone: Promise<void>;
  private lastId = 0;
  private stderr = '';
  private death: SvpError | undefined;
  private model!: LoadedCheckpoint;

  private constructor(file: string) {
    this.child = fork(childFile(), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...trainingEnvironment(), ...process.env },
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_TAIL);
    });
    this.child.on('message', (message) => this.receive(message as FromScoringChild));
    this.gone = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.die(`could not be started or reached: ${error.message}`);
        if (this.child.pid === undefined) resolve();
      });
      this.child.once('exit', (code, signal) => {
        this.die(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
        resolve();
      });
    });
    this.send({ type: 'open', file: path.resolve(file) });
  }

  /**
   * Starts a process and loads a checkpoint there: a second or two.
   * @throws SvpError SVP_E_FILE, SVP_E_CHECKPOINT, SVP_E_RUNTIME, SVP_E_ABORT
   */
  static async open(file: string, signal?: AbortSignal): Promise<CheckpointScorer> {
    throwIfAborted(signal);
    const scorer = new CheckpointScorer(file);
    try {
      scorer.model = await unlessAborted(signal, scorer.answer<LoadedCheckpoint>(0));
      return scorer;
    } catch (error) {
      scorer.child.kill('SIGKILL');
      throw error;
    }
  }

  get name(): string {
    return this.model.arch;
  }

  get classes(): number {
    return this.model.classes;
  }

  get featureSize(): number {
    return this.model.featureSize;
  }

  get runtime(): string {
    return this.model.runtime;
  }

  get providerReason(): string {
    return `checkpoints are scored by TensorFlow, on the ${this.model.device}`;
  }

  get input(): ModelInput {
    return { name: 'images', shape: this.model.inputShape, dtype: 'float32', layout: 'nhwc' };
  }

  async prepare(): Promise<void> {}

  async score(batch: ScorerBatch, outputs: readonly OutputName[]): Promise<Outputs> {
    if (this.death) throw this.death;
    const id = ++this.lastId;
    const answer = this.answer<Outputs>(id);
    this.send({ type: 'score', id, batch, outputs });
    return answer;
  }

  async close(): Promise<void> {
    this.death ??= new SvpError('SVP_E_ABORT', 'The model was closed.');
    for (const { reject } of this.pending.values()) reject(this.death);
    if (this.pending.size > 0) {
      this.pending.clear();
      this.child.kill('SIGKILL');
      return;
    }
    if (this.child.connected) this.child.disconnect();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.gone;
    clearTimeout(kill);
  }

  private answer<Value>(id: number): Promise<Value> {
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  private send(message: ToScoringChild): void {
    if (!this.child.connected) return;
    this.child.send(message, (error) => {
      if (error) this.die(`could not be reached: ${error.message}`);
    });
  }

  private receive(message: FromScoringChild): void {
    const id = message.type === 'open' ? 0 : message.id;
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (message.type === 'open') pending?.resolve(message.model as never);
    else if (message.type === 'scored') pending?.resolve(message.outputs as never);
    else pending?.reject(receivedError(message.error));
  }

  private die(how: string): void {
    const said = this.stderr.trim();
    const memory = how.includes('SIGKILL') ? ' The system kills a process so when memory runs out.' : '';
    this.death ??= new SvpError(
      'SVP_E_RUNTIME',
      `The process that scores the checkpoint ${how}.${memory}${said ? ` Its last words:\n${said}` : ''}\nRun svp doctor to check the installation.`,
    );
    for (const { reject } of this.pending.values()) reject(this.death);
    this.pending.clear();
  }
}
