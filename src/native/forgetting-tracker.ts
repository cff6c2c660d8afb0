import { types } from 'node:util';
import { suggestion } from '../core/options';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import type { NativeDevice } from './contract';
import { type ForgettingCounters, readForgettingFile, writeForgettingFile } from './forgetting-file';
import { toSvpError } from './job';
import { loadAddon } from './load';

/** What an example that was never classified correctly counts as. */
export const NEVER_LEARNED = ['infinity', 'presentations', 'zero'] as const;
export type NeverLearned = (typeof NEVER_LEARNED)[number];

/** Per example: not presented yet; presented, never correct; correct before, wrong now; correct now. */
const UNSEEN = 0;
const NEVER_CORRECT = 1;
const WRONG_NOW = 2;
const CORRECT_NOW = 3;

/** Where it counts: it would take longer to say so anew with every mini-batch than to count. */
const PROCESSOR: NativeDevice = { device: 'cpu', library: '', settings: '' };

/** A tracker as plain JSON: little-endian counters in base64. */
export interface ForgettingTrackerJson {
  version: 1;
  length: number;
  /** uint32 each. */
  presentations: string;
  events: string;
  /** uint8 each. */
  state: string;
}

function damaged(reason: string): SvpError {
  return new SvpError('SVP_E_FORMAT', `The forgetting counters are damaged: ${reason}.`);
}

/** Decodes `length` elements of `width` bytes; base64 that does not decode to exactly that is damage. */
function decode(value: unknown, length: number, width: 1 | 4, name: string): Buffer {
  if (typeof value !== 'string') throw damaged(`${name} is not a string`);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== length * width || bytes.toString('base64') !== value) {
    throw damaged(`${name} does not hold ${length} counters`);
  }
  return bytes;
}

/** Whether any sequence of presentations leaves these counters behind. */
function possible(state: number, presented: number, events: number): boolean {
  switch (state) {
    case UNSEEN:
      return presented === 0 && events === 0;
    case NEVER_CORRECT:
      return presented > 0 && events === 0;
    // Every event takes a correct presentation and a wrong one after it; who is correct now was so once more.
    case WRONG_NOW:
      return events > 0 && 2 * events <= presented;
    case CORRECT_NOW:
      return 2 * events + 1 <= presented;
    default:
      return false;
  }
}

function checkPossible(presented: Uint32Array, events: Uint32Array, state: Uint8Array): void {
  for (let i = 0; i < state.length; i++) {
    if (!possible(state[i], presented[i], events[i])) {
      throw damaged(`the counters of example ${i} contradict each other`);
    }
  }
}

/** The bytes as uint32, copied to be aligned and swapped on a big-endian machine. */
function toUint32(bytes: Buffer): Uint32Array {
  const out = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < out.length; i++) out[i] = bytes.readUInt32LE(i * 4);
  return out;
}

function encodeUint32(values: Uint32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (let i = 0; i < values.length; i++) bytes.writeUInt32LE(values[i], i * 4);
  return bytes.toString('base64');
}

/** A list of numbers as indices, each checked to be one. */
function toIndices(indices: ArrayLike<number>): Uint32Array {
  if (types.isUint32Array(indices)) return indices;
  if (!Array.isArray(indices) && !types.isTypedArray(indices)) {
    throw new SvpError('SVP_E_SHAPE', 'indices must be a Uint32Array or an array of numbers.');
  }
  const out = new Uint32Array(indices.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = indices[i];
    // Catches fractions, negative numbers, NaN and everything from 2^32 on, which a Uint32Array would wrap.
    if (out[i] !== indices[i]) {
      throw new SvpError(
        'SVP_E_INDEX',
        `indices[${i}] is ${String(indices[i])}, which is not an index. Nothing was counted.`,
      );
    }
  }
  return out;
}

function toFlags(correct: ArrayLike<number | boolean>): Uint8Array {
  if (types.isUint8Array(correct)) return correct;
  if (!Array.isArray(correct)) {
    throw new SvpError('SVP_E_SHAPE', 'correct must be a Uint8Array or an array of booleans.');
  }
  return Uint8Array.from(correct, (value) => (value ? 1 : 0));
}

/**
 * Counts forgetting events while a model trains: an event is a presentation at which an example goes from correct to
 * incorrect ("Selection via Proxy", section 2.2 and Algorithm 2; Toneva et al. 2019). Nine bytes an example.
 *
 * @example
 * const tracker = new ForgettingTracker(50_000);
 * tracker.update(batchIndices, batchCorrect); // after each mini-batch
 * const scores = tracker.counts(); // higher: forgotten more often, more worth keeping
 */
export class ForgettingTracker {
  readonly length: number;
  private readonly presented: Uint32Array;
  private readonly events: Uint32Array;
  private readonly state: Uint8Array;

  /**
   * @param length examples in the pool
   * @throws SvpError SVP_E_OPTION, if length is not a whole number from 0 to 2^32 − 1; SVP_E_MEMORY
   */
  constructor(length: number) {
    if (!Number.isInteger(length) || length < 0 || length > 0xffffffff) {
      throw new SvpError(
        'SVP_E_OPTION',
        `ForgettingTracker: length must be a whole number from 0 to 4294967295, not ${String(length)}.`,
        { option: 'length' },
      );
    }
    this.length = length;
    const what = `A ForgettingTracker of ${length} examples`;
    this.presented = allocate(Uint32Array, length, what);
    this.events = allocate(Uint32Array, length, what);
    this.state = allocate(Uint8Array, length, what);
  }

  /**
   * Counts one mini-batch; an example may occur in it more than once.
   * @param indices which examples of the pool were presented
   * @param correct for each, whether it was classified correctly: booleans, or 0 and anything else
   * @throws SvpError SVP_E_SHAPE (lengths differ), SVP_E_INDEX (outside the pool); then nothing was counted
   */
  update(
    indices: Uint32Array | readonly number[],
    correct: Uint8Array | readonly (boolean | number)[],
  ): void {
    const batch = toIndices(indices);
    const flags = toFlags(correct);
    if (batch.length !== flags.length) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${batch.length} indices came with ${flags.length} values of correct. Nothing was counted.`,
      );
    }
    try {
      loadAddon().forgettingUpdate(batch, flags, this.presented, this.events, this.state, PROCESSOR);
    } catch (error) {
      throw toSvpError(error);
    }
  }

  /**
   * Forgetting events per example.
   * @param neverLearned what an example that was presented but never correct counts as: 'infinity' (the paper, the
   *   default), 'presentations' (how often it was presented; Toneva et al.) or 'zero'. An example that was never
   *   presented was never correct either; it has no presentations.
   * @throws SvpError SVP_E_OPTION
   */
  counts(neverLearned: NeverLearned = 'infinity'): Float64Array {
    if (!NEVER_LEARNED.includes(neverLearned)) {
      throw new SvpError(
        'SVP_E_OPTION',
        `counts: unknown "${String(neverLearned)}".${suggestion(String(neverLearned), NEVER_LEARNED)}`,
        { option: 'neverLearned' },
      );
    }
    const counts = Float64Array.from(this.events);
    for (let i = 0; i < counts.length; i++) {
      if (this.state[i] > NEVER_CORRECT) continue;
      if (neverLearned === 'infinity') counts[i] = Number.POSITIVE_INFINITY;
      else if (neverLearned === 'presentations') counts[i] = this.presented[i];
    }
    return counts;
  }

  /** How often each example was presented. */
  presentations(): Uint32Array {
    return this.presented.slice();
  }

  /**
   * Several runs over one pool as one: presentations and events are added up. An example counts as never learned only if
   * no run ever classified it correctly; a run that never did adds its presentations and no events. Where counting goes
   * on, it does so from the last of the runs that learned the example.
   * @param trackers at least one, equally long; not changed
   * @throws SvpError SVP_E_SHAPE (none, or of different lengths), SVP_E_OPTION (more than 2^32 − 1 presentations), SVP_E_MEMORY
   */
  static merge(trackers: readonly ForgettingTracker[]): ForgettingTracker {
    if (
      !Array.isArray(trackers) ||
      !trackers.every((t) => t instanceof ForgettingTracker) ||
      !trackers.length
    ) {
      throw new SvpError('SVP_E_SHAPE', 'ForgettingTracker.merge takes an array of at least one tracker.');
    }
    const merged = new ForgettingTracker(trackers[0].length);
    for (const [run, tracker] of trackers.entries()) {
      if (tracker.length !== merged.length) {
        throw new SvpError(
          'SVP_E_SHAPE',
          `Tracker 0 counts ${merged.length} examples, tracker ${run} ${tracker.length}: runs over different pools cannot be merged.`,
        );
      }
      for (let i = 0; i < merged.length; i++) {
        const presented = merged.presented[i] + tracker.presented[i];
        if (presented > 0xffffffff) {
          throw new SvpError('SVP_E_OPTION', `Example ${i} was presented more than 4294967295 times.`, {
            row: i,
          });
        }
        merged.presented[i] = presented;
        merged.events[i] += tracker.events[i]; // at most half the presentations
        if (tracker.state[i] > NEVER_CORRECT || merged.state[i] === UNSEEN)
          merged.state[i] = tracker.state[i];
      }
    }
    return merged;
  }

  /**
   * Writes the counters to a file of 9 bytes an example, whole or not at all, with a checksum. Do not count meanwhile.
   * @throws SvpError SVP_E_WRITE
   */
  async save(path: string): Promise<void> {
    await writeForgettingFile(path, this.counters());
  }

  /**
   * A tracker that goes on where the one that was saved stopped.
   * @throws SvpError SVP_E_FILE (missing, unreadable), SVP_E_FORMAT (damaged, or another kind of file), SVP_E_MEMORY
   */
  static async load(path: string): Promise<ForgettingTracker> {
    let tracker: ForgettingTracker | undefined;
    const { presentations, events, state } = await readForgettingFile(path, (length) => {
      tracker = new ForgettingTracker(length);
      return tracker.counters();
    });
    checkPossible(presentations, events, state);
    return tracker!;
  }

  toJSON(): ForgettingTrackerJson {
    return {
      version: 1,
      length: this.length,
      presentations: encodeUint32(this.presented),
      events: encodeUint32(this.events),
      state: Buffer.from(this.state).toString('base64'),
    };
  }

  /**
   * A tracker that goes on where the one that was saved stopped.
   * @param json what toJSON() gave, also after JSON.parse
   * @throws SvpError SVP_E_FORMAT, if it is damaged or of another version
   */
  static fromJSON(json: unknown): ForgettingTracker {
    const saved = json as Partial<ForgettingTrackerJson> | null;
    if (saved === null || typeof saved !== 'object') throw damaged('not an object');
    if (saved.version !== 1) throw damaged(`version ${String(saved.version)} is not 1`);
    const { length } = saved;
    if (!Number.isInteger(length) || length! < 0 || length! > 0xffffffff) throw damaged('length is no count');
    return ForgettingTracker.fromCounters({
      presentations: toUint32(decode(saved.presentations, length!, 4, 'presentations')),
      events: toUint32(decode(saved.events, length!, 4, 'events')),
      state: decode(saved.state, length!, 1, 'state'),
    });
  }

  /** @internal The counters themselves, to be written beside a model; not a copy. */
  counters(): ForgettingCounters {
    return { presentations: this.presented, events: this.events, state: this.state };
  }

  /** @internal A tracker of such counters. @throws SvpError SVP_E_FORMAT, if they contradict each other */
  static fromCounters(saved: ForgettingCounters): ForgettingTracker {
    const { presentations, events, state } = saved;
    checkPossible(presentations, events, state);
    const tracker = new ForgettingTracker(state.length);
    tracker.presented.set(presentations);
    tracker.events.set(events);
    tracker.state.set(state);
    return tracker;
  }
}
