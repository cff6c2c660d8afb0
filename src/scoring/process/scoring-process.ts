import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { types } from 'node:util';
import { unlessAborted } from '../../core/abort';
import { receivedError } from '../../core/sent-error';
import { SvpError } from '../../errors';
import type { Outputs } from '../../models/model';
import { SharedMemory } from '../../native/shared-memory';
import type { ScorerBatch } from '../scorer';
import {
  type ElementName,
  type FromChild,
  INPUTS_DESCRIPTOR,
  OUTPUTS_DESCRIPTOR,
  type ToChild,
} from './messages';

/** How much of the child's stderr an error about its death carries. */
const STDERR_TAIL = 4096;
/** Bytes copied between two turns of the event loop: a millisecond. */
const COPY_STEP = 4 << 20;
/** Batches in the child's hands: one that it works on, others that are there when it has done. Further ones wait. */
const SLOTS = 4;
/** A closed child gets this long to end by itself. */
const GRACE_MS = 1500;

interface Pending {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

export interface ScoringProcessOptions {
  /** The child's program: a compiled file that calls `serveScoring`. */
  program: string;
  /** For messages: "The process that runs ONNX Runtime". */
  title: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * A model in a child process. A native runtime that blocks, crashes on a hostile model or does not survive the end of its
 * thread does so there: the caller gets a typed error, and a stop ends the work at once.
 */
export class ScoringProcess {
  private readonly child: ChildProcess;
  private readonly inputs: SharedMemory;
  private readonly outputs: SharedMemory;
  private readonly free = Array.from({ length: SLOTS }, (_, slot) => slot);
  private readonly waiting: Pending[] = [];
  private readonly pending = new Map<number, Pending>();
  private readonly gone: Promise<void>;
  /** Batches are handed over one after the other, in the order of the calls. */
  private handing: Promise<unknown> = Promise.resolve();
  private lastId = 0;
  private stderr = '';
  private death: SvpError | undefined;

  constructor(private readonly options: ScoringProcessOptions) {
    const { program, env } = options;
    if (!existsSync(program)) {
      throw new SvpError(
        'SVP_E_RUNTIME',
        `The program ${program} is missing. Build the package first: npm run setup.`,
        { file: program },
      );
    }
    this.inputs = SharedMemory.create();
    this.outputs = SharedMemory.create();
    const stdio: (number | 'ignore' | 'pipe' | 'ipc')[] = ['ignore', 'ignore', 'pipe', 'ipc'];
    stdio[INPUTS_DESCRIPTOR] = this.inputs.descriptor;
    stdio[OUTPUTS_DESCRIPTOR] = this.outputs.descriptor;
    this.child = fork(program, [], {
      serialization: 'advanced',
      stdio,
      // Neither a debugger port nor a loader of the parent belongs to the child.
      execArgv: [],
      env: { ...env, ...process.env },
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_TAIL);
    });
    this.child.on('message', (message) => this.receive(message as FromChild));
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
    void this.gone.then(() => {
      this.inputs.close();
      this.outputs.close();
    });
  }

  /** Has the child open its model. @throws what the child's `open` throws, SVP_E_RUNTIME, SVP_E_ABORT */
  async open<Description>(data: unknown, signal?: AbortSignal): Promise<Description> {
    const answer = this.answer<Description>(0);
    this.send({ type: 'open', data });
    try {
      return await unlessAborted(signal, answer);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * The batch's values may be changed again once the answer is there; the outputs are lent to `use`.
   * @throws what the child's `score` throws, SVP_E_RUNTIME when the child dies, SVP_E_ABORT after `close`, SVP_E_MEMORY,
   *   what `use` throws
   */
  async score<Used>(
    { values, ...batch }: ScorerBatch,
    run: unknown,
    use: (outputs: Outputs) => Used | Promise<Used>,
  ): Promise<Used> {
    const slot = await this.takeSlot();
    try {
      const handed = this.handing.then(async () => {
        const { memory, part } = this.inputs.reserve(slot, values.byteLength);
        await this.copy(memory, values);
        const id = ++this.lastId;
        const answer = this.answer<FromChild & { type: 'scored' }>(id);
        // Whoever waits for it below hears of its failure.
        answer.catch(() => {});
        const element = elementOf(values);
        this.send({ type: 'score', id, slot, batch, element, length: values.length, part, run });
        return { answer };
      });
      this.handing = handed.catch(() => {});
      const { outputs, part } = await (await handed).answer;
      if (this.death) throw this.death;
      const memory = this.outputs.map(slot, part);
      const lent: Outputs = {};
      let at = 0;
      for (const [name, length] of outputs) {
        lent[name] = new Float32Array(memory, 4 * at, length);
        at += length;
      }
      return await use(lent);
    } finally {
      this.giveSlot(slot);
    }
  }

  /** Ends the child: at its leisure where nothing is owed, else at once. */
  async close(): Promise<void> {
    const owes = this.pending.size > 0;
    this.fail(new SvpError('SVP_E_ABORT', 'The model was closed.'));
    if (owes) this.child.kill('SIGKILL');
    else if (this.child.connected) this.child.disconnect();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.gone;
    clearTimeout(kill);
  }

  private takeSlot(): Promise<number> {
    if (this.death) return Promise.reject(this.death);
    const slot = this.free.shift();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private giveSlot(slot: number): void {
    const next = this.waiting.shift();
    if (next) next.resolve(slot as never);
    else this.free.push(slot);
  }

  /** Copies values to the beginning of a memory. */
  private async copy(memory: ArrayBuffer, values: ScorerBatch['values']): Promise<void> {
    const from = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const to = new Uint8Array(memory, 0, from.length);
    for (let at = 0; at < from.length; at += COPY_STEP) {
      if (at > 0) await nextTurn();
      to.set(from.subarray(at, at + COPY_STEP), at);
    }
  }

  private answer<Value>(id: number): Promise<Value> {
    if (this.death) return Promise.reject(this.death);
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  private send(message: ToChild): void {
    if (!this.child.connected) return;
    this.child.send(message, (error) => {
      if (error) this.die(`could not be reached: ${error.message}`);
    });
  }

  private receive(message: FromChild): void {
    if (message.type === 'open') this.settle(0)?.resolve(message.description as never);
    else if (message.type === 'failed') this.settle(message.id)?.reject(receivedError(message.error));
    else this.settle(message.id)?.resolve(message as never);
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private die(how: string): void {
    const said = this.stderr.trim();
    const memory = how.includes('SIGKILL') ? ' The system kills a process so when memory runs out.' : '';
    this.fail(
      new SvpError(
        'SVP_E_RUNTIME',
        `${this.options.title} ${how}.${memory}${said ? ` Its last words:\n${said}` : ''}\nIf svp doctor finds nothing, the model is at fault.`,
      ),
    );
  }

  private fail(why: SvpError): void {
    this.death ??= why;
    for (const { reject } of this.pending.values()) reject(this.death);
    this.pending.clear();
    for (const { reject } of this.waiting.splice(0)) reject(this.death);
  }
}

function elementOf(values: ScorerBatch['values']): ElementName {
  if (types.isFloat32Array(values)) return 'float32';
  if (types.isInt32Array(values)) return 'int32';
  return types.isUint8Array(values) ? 'uint8' : 'int64';
}
