// Float32 matrices of any size as .npy files, written piece by piece. A run that is cut off goes on where it was; a file
// with its final name is whole, and the manifest beside it says what it is.
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

function writeJson(file, value) {
  writeFileSync(`${file}.tmp`, `${JSON.stringify(value, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const header = (rows, columns) => {
  const { formatNpyHeader } = require('../../dist/data/formats/npy-header.js');
  return formatNpyHeader('<f4', [rows, columns]);
};

/** The manifest of a whole file made by this recipe ({ file, rows, columns, recipe, sha256 }), or undefined. */
export function findMatrix(file, { rows, columns, recipe }) {
  const manifest = readJson(`${file}.json`);
  const wanted = JSON.stringify([rows, columns, recipe]);
  const whole =
    manifest !== undefined &&
    JSON.stringify([manifest.rows, manifest.columns, manifest.recipe]) === wanted &&
    existsSync(file) &&
    statSync(file).size === header(rows, columns).length + 4 * rows * columns;
  return whole ? { file, ...manifest } : undefined;
}

/** Calls visit with each piece of a file, in order. */
export function readThrough(file, visit) {
  const handle = openSync(file, 'r');
  const piece = Buffer.allocUnsafe(1 << 24);
  try {
    for (let read = readSync(handle, piece); read > 0; read = readSync(handle, piece)) {
      visit(piece.subarray(0, read));
    }
  } finally {
    closeSync(handle);
  }
}

/**
 * Makes a file, chunk after chunk.
 * @param recipe what the content depends on; a beginning that another recipe made is thrown away
 * @param chunkRows rows of a chunk; the last one may be shorter
 * @param makeChunk (first, count) → Float32Array of count × columns (or a promise), a function of its arguments alone
 * @param onChunk (rows done) after each chunk
 */
export async function writeMatrix(file, { rows, columns, recipe, chunkRows, makeChunk, onChunk }) {
  mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  const stateFile = `${part}.json`;
  const wanted = JSON.stringify([rows, columns, recipe]);
  const state = readJson(stateFile);
  const start = header(rows, columns);
  const place = (row) => start.length + 4 * row * columns;
  let done = 0;
  if (state?.wanted === wanted && existsSync(part) && statSync(part).size >= place(state.done)) {
    done = state.done;
  }
  const handle = openSync(part, done > 0 ? 'r+' : 'w');
  try {
    if (done === 0) writeSync(handle, start, 0, start.length, 0);
    ftruncateSync(handle, place(done));
    while (done < rows) {
      const count = Math.min(chunkRows, rows - done);
      const chunk = await makeChunk(done, count);
      if (chunk.length !== count * columns) throw new Error(`${file}: a chunk has ${chunk.length} values`);
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(handle, bytes, at, bytes.length - at, place(done) + at);
      }
      done += count;
      // The rows must be on the disk before the note that says so.
      fsyncSync(handle);
      writeJson(stateFile, { wanted, done });
      onChunk?.(done);
    }
  } finally {
    closeSync(handle);
  }
  const hash = createHash('sha256');
  readThrough(part, (piece) => hash.update(piece));
  renameSync(part, file);
  writeJson(`${file}.json`, { rows, columns, recipe, sha256: hash.digest('hex') });
  rmSync(stateFile, { force: true });
}

/** Rows first … first + count − 1 as one Float32Array, the first `columns` of each. */
export function readRows(file, first, count, columns) {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(10);
    readSync(handle, start, 0, 10, 0);
    const begin = 10 + start.readUInt16LE(8);
    const text = Buffer.alloc(begin - 10);
    readSync(handle, text, 0, text.length, 10);
    const shape = /'shape': \((\d+), (\d+)\)/.exec(text.toString('latin1'));
    if (!shape || !text.includes("'<f4'")) throw new Error(`${file} is not a matrix of float32`);
    const width = Number(shape[2]);
    if (first + count > Number(shape[1]) || columns > width) {
      throw new Error(
        `${file} is ${shape[1]} × ${width}: rows to ${first + count}, ${columns} columns are not there`,
      );
    }
    const rows = new Float32Array(count * columns);
    const block = Math.max(1, Math.min(count, Math.floor((1 << 24) / (4 * width))));
    const buffer = Buffer.alloc(block * width * 4);
    const values = new Float32Array(buffer.buffer, buffer.byteOffset, block * width);
    for (let done = 0; done < count; done += block) {
      const now = Math.min(block, count - done);
      const bytes = now * width * 4;
      for (let at = 0; at < bytes; ) {
        at += readSync(handle, buffer, at, bytes - at, begin + (first + done) * width * 4 + at);
      }
      for (let i = 0; i < now; i++) {
        rows.set(values.subarray(i * width, i * width + columns), (done + i) * columns);
      }
    }
    return rows;
  } finally {
    closeSync(handle);
  }
}
