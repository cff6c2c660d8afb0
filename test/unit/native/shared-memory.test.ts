import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAddon } from '../../../src/native/load';
import { SharedMemory } from '../../../src/native/shared-memory';

const memories: SharedMemory[] = [];
const create = () => {
  const memory = SharedMemory.create();
  memories.push(memory);
  return memory;
};
afterEach(() => {
  for (const memory of memories.splice(0)) memory.close();
});

test('what one holder writes the other reads; a slot keeps its part until it is too small', () => {
  const own = create();
  const other = SharedMemory.inherited(own.descriptor);
  const small = own.reserve(1, 100);
  new Uint8Array(small.memory)[99] = 7;
  expect(new Uint8Array(other.map(1, small.part))[99]).toBe(7);
  expect(own.reserve(1, small.part.bytes).part).toEqual(small.part);
  expect(other.map(1, small.part)).toBe(other.map(1, small.part));
  const large = own.reserve(1, small.part.bytes + 1);
  expect(large.part.offset).toBeGreaterThanOrEqual(small.part.offset + small.part.bytes);
  expect(large.part.bytes).toBeGreaterThanOrEqual(2 * small.part.bytes);
  const next = own.reserve(0, 5);
  expect(next.part.offset).toBe(large.part.offset + large.part.bytes);
  new Float64Array(large.memory)[3] = 0.5;
  expect(new Float64Array(other.map(1, large.part))[3]).toBe(0.5);
  // What was handed out before stays what it was.
  expect(new Uint8Array(small.memory)[99]).toBe(7);
});

test('a child has the memory by its descriptor, and nothing is left in a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svp-shared-'));
  const own = create();
  const { memory, part } = own.reserve(0, 1 << 20);
  const values = new Uint32Array(memory);
  values.fill(3);
  const program = join(folder, 'child.cjs');
  writeFileSync(
    program,
    `const { sharedMemoryMap } = require(${JSON.stringify(join(__dirname, '../../../build/Release/svp.node'))});
     const values = new Uint32Array(sharedMemoryMap(4, ${part.offset}, ${part.bytes}));
     values[1] = values[0] + 1;`,
  );
  const child = fork(program, [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', own.descriptor],
    execArgv: [],
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(0);
  expect([...values.subarray(0, 3)]).toEqual([3, 4, 3]);
  expect(readdirSync(folder)).toEqual(['child.cjs']);
  rmSync(folder, { recursive: true });
});

test('descriptors and parts that are none are refused', () => {
  const own = create();
  const { sharedMemoryMap } = loadAddon();
  expect(() => sharedMemoryMap(own.descriptor, 1, 10)).toThrow(/whole page/);
  expect(() => sharedMemoryMap(own.descriptor, 0, 0)).toThrow(/at least a byte/);
  expect(() => sharedMemoryMap(own.descriptor, 0, 2 ** 53 - 1)).toThrow(/memory/i);
  expect(() => sharedMemoryMap(1 << 20, 0, 10)).toThrow(/not shared memory/);
  expect(() => sharedMemoryMap(2 ** 40, 0, 10)).toThrow(/descriptor/);
  own.close();
  expect(() => own.reserve(0, 1)).toThrow(/not shared memory/);
});

test('memory that is let go of is given back', async () => {
  const descriptors = () => readdirSync('/dev/fd').length;
  const before = descriptors();
  for (let i = 0; i < 200; i++) {
    const memory = SharedMemory.create();
    new Uint8Array(memory.reserve(0, 1 << 20).memory)[0] = 1;
    memory.close();
  }
  expect(descriptors()).toBe(before);
});
