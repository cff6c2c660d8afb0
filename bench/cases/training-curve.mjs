// The loss of preact20 over 50 steps of 50 different batches, against PyTorch from the same weights: how far the two drift apart.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineName } from '../machine.mjs';
import { peerPython } from '../python.mjs';
import { markdownTable, replaceSection } from '../table.mjs';
import { writeInputs } from './training.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const STEPS = 50;
const TOLERANCE = 1e-3;
/** Of the recipe's first epoch. At ten times as much, float32's rounding alone drives two runs apart within 50 steps. */
const RATE = 0.01;

function losses(command, args, environment = {}) {
  const run = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...environment } });
  if (run.status !== 0) throw new Error(`${command} ${args[0]} failed:\n${run.stderr}`);
  return JSON.parse(run.stdout.trim().split('\n').at(-1)).losses;
}

export default {
  title: 'Loss against PyTorch, step by step',
  options: { network: { type: 'string', default: 'preact20' } },

  /** @throws Error when a loss is further from PyTorch's than the tolerance */
  async run({ network, peers, 'no-write': silent }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'svp-curve-'));
    try {
      writeInputs(folder, network, STEPS, { rate: RATE });
      const step = [path.join(here, 'training-step.mjs'), folder, network, STEPS, 0, 0];
      const environment = require('../../dist/models/tensorflow.js').trainingEnvironment();
      const python = peerPython('training');
      const torch = (layout) =>
        losses(python, [path.join(here, '../peers/training.py'), folder, network, layout, 2, STEPS, 0, 0]);
      const ours = (kernels) =>
        losses(process.execPath, step, { ...environment, SVP_TRAINING_KERNELS: kernels });
      const reference = torch('channels-last');
      const apart = (curve) => Math.max(...curve.map((loss, i) => Math.abs(loss - reference[i])));
      const rows = [
        ["this package's kernels", ours('own')],
        ["this package with TensorFlow's kernels", ours('tensorflow')],
        ['PyTorch itself, channels first', torch('channels-first')],
      ].map(([label, curve]) => [label, apart(curve), curve.at(-1)]);
      const table = markdownTable(
        ['', `furthest from PyTorch channels-last over ${STEPS} steps`, 'last loss'],
        rows.map(([label, worst, last]) => [label, worst.toExponential(1), last.toFixed(4)]),
      );
      const text =
        `## Loss against PyTorch, step by step\n\n${table}\n\n${network} from the same weights over the same ${STEPS} batches, ` +
        `rate ${RATE}, momentum 0.9, weight decay 5e-4; PyTorch channels-last: ${reference[0].toFixed(4)} … ${reference.at(-1).toFixed(4)}. ` +
        `All sum in float32, each in an order of its own. Held to ${TOLERANCE}. Machine: ${machineName()}. ` +
        `Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- training-curve --peers\`.`;
      console.log(text);
      if (peers && !silent && network === 'preact20') {
        replaceSection(path.join(here, '../../docs/BENCHMARKS.md'), 'training-curve', text);
      }
      if (!(rows[0][1] <= TOLERANCE)) throw new Error(`That is more than ${TOLERANCE}.`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
