import { availableParallelism, freemem } from 'node:os';
import { unlessAborted } from '../core/abort';
import type { NpyHeader } from '../data/formats/npy-header';
import { estimateSelection, type SelectionSize, trialRows } from '../selection/estimate';
import type { CliContext } from './context';
import { printData, printJson } from './output';
import { formatBytes, formatSeconds, withCommas } from './progress-display';
import { engineReads } from './select-inputs';
import { checkedSizes, type SelectTask } from './select-run';
import { sampleRows } from './select-sample';

/** `svp select --dry-run`: shapes, memory and a rough time, from the headers and a short trial; nothing is written. */
export async function printPlan(task: SelectTask, context: CliContext): Promise<void> {
  const { method, file, options } = task;
  const { header, poolSize, budget, initial } = await unlessAborted(context.signal, checkedSizes(task));
  const columns = header?.shape[1] ?? 1;
  const { seconds, inputBytes, workingBytes } = await unlessAborted(
    context.signal,
    estimate(task, header, { rows: poolSize, columns, budget, threads: options.threads }),
  );
  const available = freemem();
  const fits = inputBytes + workingBytes <= available;
  const plan = {
    dryRun: true,
    method: method.name,
    file,
    shape: header?.shape,
    dtype: header?.type,
    poolSize,
    budget,
    initial: initial?.length ?? 0,
    out: options.out,
    threads: options.threads ?? availableParallelism(),
    inputBytes,
    workingBytes,
    freeBytes: available,
    fits,
    estimatedSeconds: seconds,
  };
  if (options.json) return printJson(context, plan);
  const shape = header ? `${header.shape.map(withCommas).join(' × ')} ${header.type}, ${file}` : 'no file';
  const lines = [
    `input      ${shape}`,
    `pick       ${withCommas(budget)} of ${withCommas(poolSize)} rows by ${method.name}` +
      (initial ? `, beside an initial pool of ${withCommas(initial.length)}` : ''),
    `memory     ${formatBytes(inputBytes)} input + ${formatBytes(workingBytes)} working, ${formatBytes(available)} free` +
      (fits ? '' : ': it does not fit'),
    `time       about ${seconds < 1 ? 'a second or less' : formatSeconds(seconds)}, estimated from a short trial on this machine`,
    `output     ${options.out ?? 'stdout'}`,
  ];
  await printData(context, `${lines.join('\n')}\n`);
}

/** From a sample of the features, where they are read piece by piece easily. */
async function estimate({ method, file }: SelectTask, header: NpyHeader | undefined, size: SelectionSize) {
  if (method.needs !== 'features' || !engineReads(file as string, header as NpyHeader)) {
    return estimateSelection(method, size);
  }
  const sample = await sampleRows(file as string, header as NpyHeader, trialRows(size.rows));
  return estimateSelection(method, size, sample);
}
