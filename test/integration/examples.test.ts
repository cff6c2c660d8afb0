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

/** Every page for users. */
const documents = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true })
    .map((name) => path.posix.join('docs', String(name)))
    .filter((name) => name.endsWith('.md'))
    .sort(),
];
/** Their code trains networks for minutes; test/integration/training.test.ts and quickstart.test.ts do that in small. */
const TRAINING = ['docs/guides/active-learning.md', 'docs/guides/core-set.md', 'docs/guides/training.md'];

const read = (document: string) => readFileSync(path.join(root, document), 'utf8');
const blocksOf = (page: string) => [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
/** "$ svp …" and the lines that it prints, up to the next command or the end of the block. */
const sessionsOf = (page: string) =>
  [...page.matchAll(/^\$ svp (.*)\n((?:(?!\$ |```).*\n)*)/gm)].map(([, line, output]) => [line, output]);

test('code on the pages is JavaScript that runs as it stands, shell, or data', () => {
  const languages = documents.flatMap((document) => blocksOf(read(document)).map(([, language]) => language));
  expect(
    [...new Set(languages)].filter((language) => !['js', 'sh', 'json', 'yaml'].includes(language)),
  ).toEqual([]);
});

const coded = documents.filter((d) => !TRAINING.includes(d) && blocksOf(read(d)).some(([, l]) => l === 'js'));

describe.each(coded)('%s', (document) => {
  const blocks = blocksOf(read(document))
    .filter(([, language]) => language === 'js')
    .map(([, , code]) => code);

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

const shown = documents.filter((document) => sessionsOf(read(document)).length > 0);

test('README and the guide to k-centers show sessions', () => {
  expect(shown).toEqual(expect.arrayContaining(['README.md', 'docs/guides/k-centers.md']));
});

describe.each(shown)('%s on the command line', (document) => {
  test.each(sessionsOf(read(document)))('svp %s', async (line, output) => {
    const { code, stdout } = await node('dist/cli/main.js', ...line.split(' '));
    expect({ code, stdout }).toEqual({ code: 0, stdout: output });
  });
});
