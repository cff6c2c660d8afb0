/** Runs every file of examples/, and the code on the library's reference page, against the built package. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { finished } from '../process/run-svp';

const root = path.resolve(__dirname, '../..');

/** Runs Node in the package's folder, where its own name resolves to dist/. */
function node(...args: string[]) {
  return finished(spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }));
}

const examples = readdirSync(path.join(root, 'examples')).filter((name) => /\.m?js$/.test(name));

test.each(examples)('examples/%s runs', async (name) => {
  const { code, stdout, stderr } = await node(path.join('examples', name));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toBe('');
});

test('k-centers finds one row of each of the ten clusters', async () => {
  const { stdout } = await node('examples/select-k-centers.mjs');
  expect(stdout).toContain('their clusters 0, 1, 2, 3, 4, 5, 6, 7, 8, 9');
});

describe('docs/reference/library.md', () => {
  const page = readFileSync(path.join(root, 'docs/reference/library.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

  test.each(blocks.map((code, i) => [i + 1, code] as const))(
    'block %i prints what its comment says',
    async (_i, code) => {
      const { code: exit, stdout, stderr } = await node('--input-type=commonjs', '-e', code);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      // "Uint32Array [1, 2]" is printed as "Uint32Array(2) [ 1, 2 ]".
      const plain = (text: string) =>
        text
          .replace(/\(\d+\)/g, '')
          .replace(/[\s,]+/g, ' ')
          .replace(/\[ | \]/g, (s) => s.trim());
      const [, comment] = /console\.log\(.*\); \/\/ ([^:\n]*)/.exec(code) as RegExpExecArray;
      expect(plain(stdout).trim()).toBe(plain(comment).trim());
    },
  );
});
