/** Importing the package must load neither TensorFlow, nor ONNX Runtime, nor the addon; `require` and `import` see the same. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { finished } from './run-svp';

const root = path.resolve(__dirname, '../..');

function node(...args: string[]) {
  return finished(spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }));
}

test('require loads no heavy part', async () => {
  const { code, stdout, stderr } = await node(
    '-e',
    `require('selection-via-proxy');
     console.log(JSON.stringify([...Object.keys(require.cache), ...process.report.getReport().sharedObjects]));`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded.some((file) => file.includes('dist/index.js'))).toBe(true);
  expect(
    loaded.filter((file) => /@tensorflow|libtensorflow|onnxruntime|node_modules\/vega|svp\.node/i.test(file)),
  ).toEqual([]);
});

test('import sees the names that require sees', async () => {
  const { code, stdout, stderr } = await node(
    '--input-type=module',
    '-e',
    `import * as imported from 'selection-via-proxy';
     import { createRequire } from 'node:module';
     const required = createRequire(process.cwd() + '/x.js')('selection-via-proxy');
     const missing = Object.keys(required).filter((name) => imported[name] !== required[name]);
     console.log(JSON.stringify({ missing, names: Object.keys(required).length }));`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ missing: [], names: expect.any(Number) });
});
