// Forgetting counters over an epoch of an ImageNet-sized pool: one update a mini-batch, as a training loop calls it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const EXAMPLES = 1_281_167;
const BATCH = 256;
const EPOCHS = 4;
/** Every how many of the counts are compared. */
const SAMPLE = 997;
const args = [EXAMPLES, BATCH, EPOCHS, SAMPLE].map(String);

const rival = (library, label) => ({
  id: library,
  group: 'epoch',
  label,
  peer: 'uncertainty',
  command: ({ python }) => ({
    command: python,
    args: [path.join(here, '../peers/forgetting.py'), library, ...args],
  }),
});

export default {
  title: 'Forgetting counters',
  unit: 'ms',
  trials: 3,
  groups: {
    epoch: `${EXAMPLES.toLocaleString('en')} examples in random order, ${BATCH} an update: one epoch`,
  },
  subjects: [
    {
      id: 'svp',
      group: 'epoch',
      label: 'this package',
      command: () => ({
        command: process.execPath,
        args: [path.join(here, 'forgetting-trial.mjs'), ...args],
      }),
    },
    rival('numpy', 'NumPy, indexed arrays'),
    rival('torch', 'PyTorch, indexed tensors'),
  ],

  /** The times count only for equal counts. */
  verify(outputs) {
    const [reference, ...others] = outputs;
    for (const { subject, output } of others) {
      if (JSON.stringify(output.sampled) !== JSON.stringify(reference.output.sampled)) {
        throw new Error(`${subject.id}: other counts than ${reference.subject.id}.`);
      }
    }
  },

  record: ({ sampled, ...rest }) => rest,

  notes(outputs) {
    const { merge, save, load, bytes } = outputs.find(({ output }) => output.merge !== undefined).output;
    return [
      `${EPOCHS} epochs a trial, the median of them; whether an answer is correct comes from a hash, and every ${SAMPLE}th count is ` +
        `compared. This package besides, for the same pool: two runs merged in ${merge.toFixed(0)} ms, written to a file of ` +
        `${(bytes / 1e6).toFixed(1)} MB with checksum in ${save.toFixed(0)} ms, read again in ${load.toFixed(0)} ms.`,
      `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
    ];
  },
};
