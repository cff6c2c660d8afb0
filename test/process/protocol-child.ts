/** A program that runs active learning with the fake training host: what the kill tests start and kill. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { transformFileSync } from '@swc/core';

const ROOT = path.resolve(__dirname, '../..');
const SOURCES = ['test/reference/fake-training-host.ts', 'test/reference/tiny-images.ts'];

/** Compiles the test's helpers beside the built package, and writes a program that calls `body` with them. */
export function writeProtocolProgram(folder: string, body: string): string {
  mkdirSync(folder, { recursive: true });
  for (const source of SOURCES) {
    const { code } = transformFileSync(path.join(ROOT, source), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const built = code.replace(/(["'])(?:\.\.\/)+src\//g, `$1${path.join(ROOT, 'dist')}/`);
    writeFileSync(path.join(folder, `${path.basename(source, '.ts')}.js`), built);
  }
  const program = path.join(folder, 'program.js');
  writeFileSync(
    program,
    `const dist = ${JSON.stringify(path.join(ROOT, 'dist'))};
const { FakeTrainingHost } = require('./fake-training-host.js');
const { tinyImages } = require('./tiny-images.js');
const { openWorkbench } = require(dist + '/experiments/workbench.js');
const { activeLearningAt } = require(dist + '/experiments/active-learning.js');
const { coreSetAt } = require(dist + '/experiments/core-set.js');
(async () => {
${body}
})().catch((error) => { console.error(error); process.exit(1); });
`,
  );
  return program;
}
