import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../../errors';

/** What can be told of an ONNX file without loading its weights. */
export interface ModelFile {
  /** metadata_props: what the exporter wrote beside the graph. */
  metadata: Record<string, string>;
  producer: string;
  /** Files that hold weights, as absolute paths; each lies in the model's folder. */
  externalFiles: string[];
}

/**
 * What to do with a field of a message, by its number: descend into another message, or hand its bytes over. Fields that
 * are not named are skipped without being read, weights above all. Numbers are those of onnx.proto (onnx.ai, IR 10).
 */
type Message = { [field: number]: () => Message } & { take?: { [field: number]: string } };

const ENTRY: Message = { take: { 1: 'key', 2: 'value' } };
const TENSOR: Message = { 13: () => ENTRY };
const SPARSE: Message = { 1: () => TENSOR, 2: () => TENSOR };
const GRAPH: Message = { 1: () => NODE, 5: () => TENSOR, 15: () => SPARSE };
const ATTRIBUTE: Message = {
  5: () => TENSOR,
  6: () => GRAPH,
  10: () => TENSOR,
  11: () => GRAPH,
  22: () => SPARSE,
  23: () => SPARSE,
};
const NODE: Message = { 5: () => ATTRIBUTE };
const FUNCTION: Message = { 7: () => NODE, 11: () => ATTRIBUTE };
const TRAINING: Message = { 1: () => GRAPH, 2: () => GRAPH };
const PROPERTY: Message = { take: { 1: 'key', 2: 'value' } };
const MODEL: Message = {
  7: () => GRAPH,
  14: () => PROPERTY,
  20: () => TRAINING,
  25: () => FUNCTION,
  take: { 2: 'producer' },
};

/** Graphs within graphs; ONNX Runtime itself has no use for more. */
const MAX_DEPTH = 100;
/** A string of the file that this package looks at (a name, a path, a number). */
const MAX_STRING = 1 << 20;
const WINDOW = 1 << 16;
/** ONNX Runtime's mark for weights at an address in memory; in a file it can only be an attack. */
const IN_MEMORY = '_ORT_MEM_ADDR_';

/** Reads a file by windows: protobuf is small pieces, and weights are stepped over. */
class Window {
  private readonly buffer = Buffer.alloc(WINDOW);
  private start = 0;
  private end = 0;

  constructor(
    private readonly descriptor: number,
    readonly size: number,
  ) {}

  byte(at: number): number {
    if (at < this.start || at >= this.end) this.load(at);
    return this.buffer[at - this.start];
  }

  text(at: number, length: number): string {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.byte(at + i);
    return bytes.toString('utf8');
  }

  private load(at: number): void {
    const got = readSync(this.descriptor, this.buffer, 0, WINDOW, at);
    if (got === 0) throw new Malformed(`it ends at byte ${at}, within a field`);
    this.start = at;
    this.end = at + got;
  }
}

class Malformed extends Error {}

/** One pass over the messages of a file. */
class Walker {
  readonly metadata: Record<string, string> = Object.create(null);
  producer = '';
  readonly locations = new Set<string>();
  hasGraph = false;

  constructor(private readonly file: Window) {}

  /** The message between two offsets; its taken strings go to `found` at the end. */
  walk(start: number, end: number, message: Message, depth: number): void {
    if (depth > MAX_DEPTH) throw new Malformed(`graphs are nested more than ${MAX_DEPTH} deep`);
    const strings: Record<string, string> = {};
    for (let at = start; at < end; ) {
      let tag: number;
      [tag, at] = this.varint(at, end);
      const field = Math.floor(tag / 8);
      const wire = tag % 8;
      if (field === 0) throw new Malformed(`byte ${at - 1} begins no field`);
      if (wire === 0) [, at] = this.varint(at, end);
      else if (wire === 1) at += 8;
      else if (wire === 5) at += 4;
      else if (wire === 2) {
        let length: number;
        [length, at] = this.varint(at, end);
        if (length > end - at) throw new Malformed(`a field at byte ${at} is longer than what holds it`);
        const name = message.take?.[field];
        if (name !== undefined) {
          if (length > MAX_STRING)
            throw new Malformed(`the ${name} at byte ${at} is longer than ${MAX_STRING} bytes`);
          strings[name] = this.file.text(at, length);
        } else if (message[field] !== undefined) {
          if (message === MODEL && field === 7) this.hasGraph = true;
          this.walk(at, at + length, message[field](), depth + 1);
        }
        at += length;
      } else throw new Malformed(`byte ${at - 1} begins a field of unknown kind ${wire}`);
      if (at > end) throw new Malformed(`a field before byte ${at} is longer than what holds it`);
    }
    if (message === MODEL) this.producer = strings.producer ?? '';
    if (message === PROPERTY) this.metadata[strings.key ?? ''] = strings.value ?? '';
    if (message === ENTRY && strings.key === 'location') this.locations.add(strings.value ?? '');
  }

  private varint(at: number, end: number): [value: number, next: number] {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new Malformed(`it ends at byte ${at}, within a number`);
      const byte = this.file.byte(at++);
      // Beyond 2⁵³ the value is not exact any more; no length or tag of a real file gets there.
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return [value, at];
    }
    throw new Malformed(`the number before byte ${at} does not end`);
  }
}

/**
 * Looks through an ONNX file before ONNX Runtime gets it: that it is protobuf of the right kind to its last byte, what
 * its exporter wrote into it, and that the files which hold its weights lie in its folder, whatever links say.
 * Synchronous; meant for a process of its own. Time and memory: those of the graph without weights.
 * @throws SvpError SVP_E_FILE (missing, not readable, or its weights are), SVP_E_FORMAT
 */
export function readModelFile(file: string): ModelFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'does not exist. Check the path.' : `cannot be read (${code}).`;
    throw new SvpError('SVP_E_FILE', `The model ${file} ${why}`, { file, cause });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new SvpError('SVP_E_FILE', `The model ${file} is not a file.`, { file });
    const window = new Window(descriptor, status.size);
    const walker = new Walker(window);
    if (status.size === 0) throw new Malformed('it is empty');
    walker.walk(0, status.size, MODEL, 0);
    if (!walker.hasGraph) throw new Malformed('it holds no graph');
    const externalFiles = [...walker.locations].map((location) => resolveLocation(file, location));
    return { metadata: { ...walker.metadata }, producer: walker.producer, externalFiles };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} is not an ONNX model, or is damaged: ${error.message}. Export or copy it again.`,
      { file, cause: error },
    );
  } finally {
    closeSync(descriptor);
  }
}

/** The file that a tensor's `location` names. ONNX: relative to the model's folder, and below it. */
function resolveLocation(file: string, location: string): string {
  const folder = realpathSync(path.dirname(file));
  const outside = () =>
    new SvpError(
      'SVP_E_FORMAT',
      `${file} wants weights from "${location}", which is not a file in its own folder. It was not loaded.`,
      { file },
    );
  if (location === '' || location.includes('\0') || location.includes(IN_MEMORY)) throw outside();
  // Backslashes separate where the model may have been made, and where it may be read.
  const parts = location.split(/[\\/]/);
  if (path.isAbsolute(location) || path.win32.isAbsolute(location) || parts.includes('..')) throw outside();
  let real: string;
  try {
    real = realpathSync(path.join(folder, location));
  } catch (cause) {
    throw new SvpError(
      'SVP_E_FILE',
      `${file} keeps weights in ${path.join(path.dirname(file), location)}, which is missing. Copy it beside the model.`,
      { file, cause },
    );
  }
  if (!real.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)) throw outside();
  return real;
}
