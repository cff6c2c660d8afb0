import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CONTRACT } from '../../../src/native/contract';
import { loadAddon } from '../../../src/native/load';

const source = ['contract.ts', 'fasttext-contract.ts', 'image-contract.ts', 'shared-memory-contract.ts']
  .map((file) => readFileSync(path.join(__dirname, '../../../src/native', file), 'utf8'))
  .join('\n');

/** Method name → parameter names, read from the text of an interface. */
function methodsOf(interfaceName: string): Record<string, string[]> {
  const body = new RegExp(
    `export interface ${interfaceName} (?:extends [\\w, ]+ )?\\{\\n([\\s\\S]*?)\\n\\}\\n`,
  ).exec(source)![1];
  const withoutComments = body.replace(/\/\*[\s\S]*?\*\//g, '');
  const methods: Record<string, string[]> = {};
  for (const [, name, parameters] of withoutComments.matchAll(/^ {2}(\w+)\(([\s\S]*?)\): /gm)) {
    methods[name] = [...parameters.matchAll(/(\w+)\??:/g)].map((match) => match[1]);
  }
  return methods;
}

describe('the contract with the addon', () => {
  const described = Object.fromEntries(loadAddon().contract.map((entry) => [entry.name, entry.parameters]));

  test('the typed interface, the list beside it and the loaded addon name the same parameters', () => {
    expect({
      ...methodsOf('Operations'),
      ...methodsOf('FastTextOperations'),
      ...methodsOf('ImageOperations'),
      ...methodsOf('SharedMemoryOperations'),
    }).toEqual(CONTRACT);
    expect(described).toEqual(CONTRACT);
  });

  test('the addon exports these functions and nothing else', () => {
    expect(Object.keys(loadAddon()).sort()).toEqual([...Object.keys(CONTRACT), 'contract'].sort());
    for (const name of Object.keys(CONTRACT)) {
      expect(typeof (loadAddon() as unknown as Record<string, unknown>)[name]).toBe('function');
    }
  });

  test('a call with the wrong number of arguments is refused', () => {
    for (const [name, parameters] of Object.entries(CONTRACT)) {
      const operation = (loadAddon() as unknown as Record<string, (...a: unknown[]) => unknown>)[name];
      const wrong = Array.from({ length: parameters.length + 1 }, () => undefined);
      expect(() => operation(...wrong)).toThrow(/arguments/);
    }
  });

  test('arguments of the wrong type are refused, not read', async () => {
    for (const [name, parameters] of Object.entries(CONTRACT)) {
      if ((parameters as readonly string[]).length === 0) continue;
      const operation = (loadAddon() as unknown as Record<string, (...a: unknown[]) => unknown>)[name];
      for (const value of [undefined, null, 'x', {}, [1], -1, 1.5, Number.NaN, new Int16Array(3)]) {
        // A string may be the path of a file: then the job is what refuses.
        const call = async () =>
          (operation(...parameters.map(() => value)) as { promise: Promise<unknown> }).promise;
        await expect(call()).rejects.toThrow();
      }
    }
  });
});

describe('CMakeLists.txt', () => {
  test('names every source file of native/', () => {
    const root = path.join(__dirname, '../../..');
    const files = readdirSync(path.join(root, 'native'), { recursive: true }).map(
      (f) => `native/${String(f)}`,
    );
    const list = readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8');
    const unnamed = files.filter((file) => file.endsWith('.cc') && !list.includes(`  ${file}\n`));
    expect(unnamed).toEqual([]);
  });
});
