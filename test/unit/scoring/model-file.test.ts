import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isSvpError } from '../../../src/errors';
import { readModelFile } from '../../../src/scoring/onnx/model-file';
import {
  classifier,
  external,
  message,
  model,
  node,
  tensor,
  value,
  varint,
} from '../../reference/onnx-model';

const folder = mkdtempSync(join(tmpdir(), 'svp-onnx-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function file(bytes: Uint8Array, name = `m${files++}.onnx`): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}
const read = (bytes: Uint8Array) => readModelFile(file(bytes));

test('metadata and producer are read, weights are not', () => {
  const metadata = { 'svp.layout': 'nhwc', 'svp.mean': '0.5,0.25', note: 'ä' };
  const whole = classifier({ shape: [3, 4, 4], metadata });
  expect(read(whole)).toEqual({ metadata, producer: 'tests', externalFiles: [] });
});

test('R6: every truncation, and every other file, is SVP_E_FORMAT', () => {
  const whole = classifier({ shape: [4], metadata: { a: 'b' } });
  const graphEnd = whole.length - 30;
  for (let length = 0; length < graphEnd; length += 1 + (length >> 5)) {
    expect(() => read(whole.subarray(0, length))).toThrow(expect.objectContaining({ code: 'SVP_E_FORMAT' }));
  }
  for (const other of ['', 'not a model', '\x93NUMPY\x01\x00', '{"a": 1}', '\x00'.repeat(100)]) {
    expect(() => read(Buffer.from(other, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'SVP_E_FORMAT' }),
    );
  }
});

test('R6: random bytes and flipped bits are read or refused, never anything else', () => {
  const whole = classifier({ shape: [4] });
  const tried = (bytes: Uint8Array) => {
    try {
      read(bytes);
    } catch (error) {
      expect(isSvpError(error)).toBe(true);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => tried(bytes)),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Uint8Array.from(whole);
      bytes[at] = byte;
      tried(bytes);
    }),
    { numRuns: 300 },
  );
});

test('R6: lengths beyond the file, numbers without end, and nesting without end', () => {
  const far = Buffer.concat([varint(7 * 8 + 2), varint(2 ** 50)]);
  expect(() => read(far)).toThrow(/longer than what holds it/);
  expect(() => read(Buffer.alloc(64, 0xff))).toThrow(/does not end/);
  let graph = message([2, 'inner']);
  for (let depth = 0; depth < 200; depth++) graph = message([1, message([5, message([6, graph])])]);
  expect(() => read(message([1, 8], [7, graph]))).toThrow(/nested/);
});

test('a missing file and a folder are SVP_E_FILE', () => {
  for (const name of [join(folder, 'none.onnx'), folder]) {
    expect(() => readModelFile(name)).toThrow(expect.objectContaining({ code: 'SVP_E_FILE', file: name }));
  }
});

describe('R16: weights in other files', () => {
  const inside = join(folder, 'inside');
  mkdirSync(join(inside, 'deeper'), { recursive: true });
  const bytes = new Uint8Array(4 * 8 * 4);
  writeFileSync(join(inside, 'w.data'), bytes);
  writeFileSync(join(inside, 'deeper', 'w.data'), bytes);
  writeFileSync(join(folder, 'outside.data'), bytes);
  symlinkSync(join(folder, 'outside.data'), join(inside, 'link.data'));
  symlinkSync(folder, join(inside, 'up'));
  const at = (location: string) => {
    const path = join(inside, 'm.onnx');
    writeFileSync(
      path,
      classifier({ shape: [4], external: (_, data) => external(location, data.byteLength) }),
    );
    return () => readModelFile(path);
  };

  test('in the model’s folder they are found', () => {
    expect(at('w.data')().externalFiles).toEqual([join(inside, 'w.data')]);
    expect(at('deeper/w.data')().externalFiles).toEqual([join(inside, 'deeper', 'w.data')]);
  });

  test.each([
    '../outside.data',
    'deeper/../../outside.data',
    '..\\outside.data',
    join(folder, 'outside.data'),
    'C:\\outside.data',
    'link.data',
    'up/outside.data',
    '',
    '.',
    '*/_ORT_MEM_ADDR_/*',
    'w.data\0x',
  ])('%j is refused', (location) => {
    expect(at(location)).toThrow(expect.objectContaining({ code: 'SVP_E_FORMAT' }));
  });

  test('a missing one is named', () => {
    expect(at('gone.data')).toThrow(
      expect.objectContaining({ code: 'SVP_E_FILE', message: expect.stringContaining('gone.data') }),
    );
  });

  test('also in a constant’s attribute, in a subgraph and in a function', () => {
    const hidden = tensor('w', [2], Float32Array.of(1, 2), external('../outside.data', 8));
    const constant = node('Constant', [], ['c'], [message([1, 'value'], [5, hidden], [20, 4])]);
    const graph = message([1, constant]);
    const branch = node('If', ['b'], ['c'], [message([1, 'then_branch'], [6, graph], [20, 5])]);
    const plain = { inputs: [value('x', 'float32', [1])], outputs: [], weights: [] };
    for (const bytes of [
      model({ ...plain, nodes: [constant] }),
      model({ ...plain, nodes: [branch] }),
      Buffer.concat([model({ ...plain, nodes: [] }), message([25, message([7, constant])])]),
      model({ ...plain, nodes: [], weights: [hidden] }),
    ]) {
      const path = join(inside, 'm.onnx');
      writeFileSync(path, bytes);
      expect(() => readModelFile(path)).toThrow(expect.objectContaining({ code: 'SVP_E_FORMAT' }));
    }
  });
});
