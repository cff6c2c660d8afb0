import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { endianness } from 'node:os';
import { writeFileAtomically } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import { type InputShape, type Model, type ModelInput, type NamedWeights, shapeOf } from '../models/model';
import { createModel } from '../models/registry';
import type { OptimizerState } from './optimizer';

/**
 * A checkpoint is one file: 8 bytes of magic, version and header length (uint32, little-endian), a JSON header, the float32
 * values of all arrays in the header's order and of the optimizer's vectors (little-endian), and the SHA-256 of everything
 * before. Version 1 knew one optimizer, whose vector was `training.velocity`; it is read, too.
 */
const MAGIC = 'SVPCKPT\n';
const VERSION = 2;
const OLDEST_VERSION = 1;
const PREFIX_BYTES = 16;
const DIGEST_BYTES = 32;

/** The state of a training after a whole epoch. */
export interface TrainingState {
  /** Hash of everything that decides the training: `trainingFingerprint`. */
  fingerprint: string;
  /** One per finished epoch. */
  epochs: EpochRecord[];
  /** Wall clock so far. */
  seconds: number;
  optimizer: OptimizerState;
  /** ForgettingTracker.toJSON() where forgetting events are counted. */
  forgetting?: unknown;
}

export interface Checkpoint {
  arch: string;
  width: number;
  input: ModelInput;
  /** Of one example: [height, width, channels] of an image, [length] of a text. */
  inputShape: number[];
  classes: number;
  weights: NamedWeights[];
  /** Absent in a file that holds a model alone. */
  training?: TrainingState;
}

interface Header extends Omit<Checkpoint, 'weights' | 'training' | 'input'> {
  /** Absent for images, whose shape says all. */
  input?: ModelInput;
  arrays: { name: string; shape: number[] }[];
  training?: TrainingHeader;
}

type TrainingHeader = Omit<TrainingState, 'optimizer'> &
  (
    | {
        optimizer: Omit<OptimizerState, 'vectors'> & { vectors: Record<string, number> };
        velocity?: undefined;
      }
    | { optimizer?: undefined; velocity: number }
  );

/**
 * Writes a model, and the state of its training if given, whole or not at all.
 * @throws SvpError SVP_E_WRITE
 */
export async function saveCheckpoint(file: string, model: Model, training?: TrainingState): Promise<void> {
  const weights = model.weights();
  const vectors = Object.entries(training?.optimizer.vectors ?? {});
  const lengths = Object.fromEntries(vectors.map(([name, { length }]) => [name, length]));
  const header: Header = {
    arch: model.arch,
    width: model.width,
    ...(model.input.kind !== 'image' && { input: model.input }),
    inputShape: shapeOf(model.input),
    classes: model.classes,
    arrays: weights.map(({ name, shape }) => ({ name, shape })),
    ...(training && { training: { ...training, optimizer: { ...training.optimizer, vectors: lengths } } }),
  };
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(VERSION, 8);
  prefix.writeUInt32LE(json.length, 12);
  const arrays = [...weights.map(({ data }) => data), ...vectors.map(([, data]) => data)];
  const parts = [prefix, json, ...arrays.map(littleEndian)];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  await writeFileAtomically(file, [...parts, hash.digest()]);
}

/**
 * Reads a checkpoint and checks all of it.
 * @throws SvpError SVP_E_FILE when it is missing or cannot be read; SVP_E_CHECKPOINT when it is damaged, cut short or of
 *   another version
 */
export async function loadCheckpoint(file: string): Promise<Checkpoint> {
  const bytes = await fs.readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'There is no checkpoint' : 'Cannot read the checkpoint';
    throw new SvpError('SVP_E_FILE', `${what} ${file} (${cause.code}). Check the path.`, { file, cause });
  });
  const bad = (what: string) =>
    new SvpError('SVP_E_CHECKPOINT', `The checkpoint ${file} ${what}. Delete it to start afresh.`, { file });
  if (bytes.length < PREFIX_BYTES + DIGEST_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw bad('is not a checkpoint of this package, or is cut short');
  }
  const version = bytes.readUInt32LE(8);
  if (version < OLDEST_VERSION || version > VERSION) {
    throw bad(`is of version ${version}; this package reads versions ${OLDEST_VERSION} to ${VERSION}`);
  }
  const end = bytes.length - DIGEST_BYTES;
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest();
  if (!digest.equals(bytes.subarray(end))) throw bad('is damaged: its checksum does not match');

  // From here on only a file that this package wrote wrongly can fail.
  const headerEnd = PREFIX_BYTES + bytes.readUInt32LE(12);
  if (headerEnd > end) throw bad('is damaged: its header is longer than the file');
  const header = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headerEnd)) as Header;
  let at = headerEnd;
  const take = (length: number): Float32Array => {
    if (at + length * 4 > end) throw bad('is damaged: it holds fewer values than its header says');
    const values = fromLittleEndian(bytes.subarray(at, at + length * 4));
    at += length * 4;
    return values;
  };
  const weights = header.arrays.map(({ name, shape }) => ({
    name,
    shape,
    data: take(shape.reduce((product, side) => product * side, 1)),
  }));
  const { arch, width, inputShape, classes, training } = header;
  return {
    arch,
    width,
    input: header.input ?? { kind: 'image', shape: inputShape as InputShape },
    inputShape,
    classes,
    weights,
    ...(training && { training: trainingState(training, take) }),
  };
}

function trainingState(header: TrainingHeader, take: (length: number) => Float32Array): TrainingState {
  if (header.optimizer === undefined) {
    const { velocity, ...rest } = header;
    // Only the steps of adam and adamw count.
    return { ...rest, optimizer: { name: 'sgd', steps: 0, vectors: { velocity: take(velocity) } } };
  }
  const { velocity: _none, optimizer, ...rest } = header;
  const vectors = Object.fromEntries(
    Object.entries(optimizer.vectors).map(([name, length]) => [name, take(length)]),
  );
  return { ...rest, optimizer: { ...optimizer, vectors } };
}

/**
 * The model of a checkpoint, ready to score or to train on. Dispose of it when done.
 * @throws SvpError as `loadCheckpoint`, and SVP_E_RUNTIME without TensorFlow
 */
export async function modelFromCheckpoint(file: string): Promise<Model> {
  const { arch, width, input, classes, weights } = await loadCheckpoint(file);
  const model = createModel(arch, { input, classes, width });
  try {
    model.setWeights(weights);
  } catch (cause) {
    model.dispose();
    throw new SvpError(
      'SVP_E_CHECKPOINT',
      `The checkpoint ${file} does not fit its own architecture ${arch}.`,
      {
        file,
        cause,
      },
    );
  }
  return model;
}

/** Bytes of the values; a copy only on a big-endian machine. */
function littleEndian(values: Float32Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

function fromLittleEndian(bytes: Buffer): Float32Array {
  const values = new Float32Array(bytes.length / 4);
  const copy = Buffer.from(values.buffer);
  bytes.copy(copy);
  if (endianness() !== 'LE') copy.swap32();
  return values;
}
