import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { unlessAborted } from '../../core/abort';
import { receivedError } from '../../core/sent-error';
import { SvpError } from '../../errors';
import type { OutputName, Outputs } from '../../models/model';
import type { ScorerBatch } from '../scorer';
import { ARRAYS_DESCRIPTOR, type ElementName, type FromChild, type ToChild } from './messages';

/** How much of the child's stderr an error about its death carries. */
const STDERR_TAIL = 4096;
/** One write goes on for as long as the other side reads: a millisecond for this much. */
const WRITE_STEP = 1 << 20;
/** A closed child gets this long to end by itself. */
const GRACE_MS = 1500;

interface Pending {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** An answer whose arrays are still on their way. */
interface Arriving {
  id: number;
  outputs: [OutputName, Uint8Array][];
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
  private readonly socket: Duplex;
  private readonly pending = new Map<number, Pending>();
  private readonly arriving: Arriving[] = [];
  /** Bytes of the first of them that are there. */
  private filled = 0;
  /** Bytes that came before the message that says what they are. */
  private early: Uint8Array[] = [];
  private readonly gone: Promise<void>;
  private passing: Promise<void> = Promise.resolve();
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
    this.child = fork(program, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      // Neither a debugger port nor a loader of the parent belongs to the child.
      execArgv: [],
      env: { ...env, ...process.env },
    });
    this.socket = this.child.stdio[ARRAYS_DESCRIPTOR] as Duplex;
    this.socket.on('data', (bytes: Uint8Array) => this.take(bytes));
    // A child that is gone: its exit says why.
    this.socket.on('error', () => {});
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

  /** @throws what the child's `score` throws, SVP_E_RUNTIME when the child dies, SVP_E_ABORT after `close` */
  async score({ values, ...batch }: ScorerBatch, run: unknown): Promise<Outputs> {
    if (this.death) throw this.death;
    const id = ++this.lastId;
    const answer = this.answer<Outputs>(id);
    this.send({ type: 'score', id, batch, element: elementOf(values), length: values.length, run });
    void this.pass(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return answer;
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
    this.socket.destroy();
  }

  /** Puts bytes on the socket, behind those before them, in steps between which the event loop turns. */
  private pass(bytes: Uint8Array): Promise<void> {
    this.passing = this.passing.then(async () => {
      for (let at = 0; at < bytes.length && !this.death; at += WRITE_STEP) {
        const part = bytes.subarray(at, at + WRITE_STEP);
        // A child that is gone: its exit says why.
        await new Promise<void>((resolve) => this.socket.write(part, () => resolve()));
      }
    });
    return this.passing;
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
    else {
      const outputs = message.outputs.map(([name, length]): [OutputName, Uint8Array] => [
        name,
        new Uint8Array(length * 4),
      ]);
      this.arriving.push({ id: message.id, outputs });
      const early = this.early;
      this.early = [];
      // An answer without values has arrived already.
      this.take(new Uint8Array(0));
      for (const bytes of early) this.take(bytes);
    }
  }

  private take(bytes: Uint8Array): void {
    let rest = bytes;
    for (;;) {
      const next = this.arriving[0];
      if (next === undefined) {
        if (rest.length > 0) this.early.push(rest);
        return;
      }
      let before = 0;
      for (const [, array] of next.outputs) {
        const at = this.filled - before;
        if (at >= 0 && at < array.length && rest.length > 0) {
          const part = rest.subarray(0, array.length - at);
          array.set(part, at);
          this.filled += part.length;
          rest = rest.subarray(part.length);
        }
        before += array.length;
      }
      if (this.filled < before) return;
      this.arriving.shift();
      this.filled = 0;
      const outputs = next.outputs.map(([name, array]) => [name, new Float32Array(array.buffer)]);
      this.settle(next.id)?.resolve(Object.fromEntries(outputs) as never);
    }
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
  }
}

function elementOf(values: ScorerBatch['values']): ElementName {
  if (types.isFloat32Array(values)) return 'float32';
  if (types.isInt32Array(values)) return 'int32';
  return types.isUint8Array(values) ? 'uint8' : 'int64';
}
