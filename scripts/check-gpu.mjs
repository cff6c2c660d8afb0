// `npm run check:gpu`: on a machine with a GPU, in one command: builds the CUDA library, holds it against the processor to
// the bit, measures it, and writes bench/results/gpu.json. Needs Node, the built package and a CUDA compiler (which
// build-cuda.mjs brings where there is none); with Python and PyTorch on the machine, also the rival that goes over all
// rows for each pick. Exit code 0: all agreed; 1: something did not; 4: there is no GPU that can be used.
//
//   --quick        parity and a small measurement, one or two minutes
//   --out FILE     instead of bench/results/gpu.json
//   --library FILE a library that is built already
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildTool } from './cuda/library.mjs';
import { measure } from './cuda/measure.mjs';
import { checkParity } from './cuda/parity.mjs';
import { findToolkit } from './cuda/toolkit.mjs';
import { createContext } from './setup/context.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'bench', 'results', 'gpu.json') },
    library: { type: 'string' },
  },
});
const say = (text) => process.stderr.write(`${text}\n`);

if (options.library) process.env.SVP_CUDA_LIBRARY = options.library;
else {
  try {
    execFileSync(process.execPath, [join(root, 'scripts', 'build-cuda.mjs')], { stdio: ['ignore', 2, 2] });
  } catch (error) {
    say(`check:gpu: the CUDA library could not be built (exit code ${error.status}).`);
    process.exit(error.status === 3 ? 4 : 1);
  }
}

const svp = createRequire(import.meta.url)(join(root, 'dist', 'index.js'));
const { cudaStatus } = createRequire(import.meta.url)(join(root, 'dist', 'native', 'device.js'));
const status = cudaStatus();
if (!status.usable) {
  say(`check:gpu: no GPU that can be used here, so nothing was checked. ${status.reason}`);
  process.exit(4);
}
say(
  `check:gpu  ${status.version}: ${status.devices.map((d) => `${d.name} (${d.computeCapability})`).join(', ')}`,
);

const report = {
  taken: new Date().toISOString(),
  machine: { node: process.version, platform: `${process.platform} ${process.arch}` },
  cuda: status,
  command: `npm run check:gpu${options.quick ? ' -- --quick' : ''}`,
  parity: await checkParity(svp, { quick: options.quick, say }),
  bench: [],
};
const save = () => {
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
};
save();
/** By a program of its own, which wants the compiler; what went wrong instead, where it did. */
async function uncertaintyOnDevice() {
  try {
    const context = createContext({ quiet: true });
    const toolkit = await findToolkit(context, { download: false });
    if (toolkit === null) return { problem: 'no CUDA compiler is here' };
    const program = await buildTool(context, toolkit, 'measure_uncertainty');
    return JSON.parse(execFileSync(program, [status.library], { encoding: 'utf8', timeout: 300_000 }));
  } catch (error) {
    return { problem: error.message };
  }
}

for await (const row of measure(svp, { quick: options.quick, say, uncertaintyOnDevice })) {
  report.bench.push(row);
  save(); // a machine that is taken away leaves what was measured
}
const wrong = report.parity.filter((row) => !row.same);
for (const row of wrong) say(`check:gpu  NOT THE SAME: ${row.name}`);
say(`check:gpu  ${report.parity.length - wrong.length} of ${report.parity.length} agree; ${options.out}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
