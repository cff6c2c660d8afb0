import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { SvpError } from '../errors';
import type { ScorePoolOptions, ScorePoolResult } from '../experiments/score-options';
import { scorePool, scorePoolPlan } from '../experiments/score-pool';
import type { CliContext } from './context';
import { printData, printJson } from './output';
import { createDisplay, formatBytes, formatSeconds, withCommas } from './progress-display';
import type { ScoreCommandOptions } from './score';

/** Names of the outputs as the command line spells them. */
const SPELLED: Record<string, string> = { leastConfidence: 'least-confidence', topK: 'top-k' };
const spelled = (name: string) => SPELLED[name] ?? name;

/** Runs `svp score`. */
export async function runScore(
  model: string,
  pool: string,
  options: ScoreCommandOptions,
  context: CliContext,
): Promise<void> {
  const given = toOptions(model, pool, options, context);
  if (options.dryRun) return printPlan(given, options, context);
  const display = createDisplay(context, options);
  try {
    const result = await scorePool({ ...given, onProgress: display.onProgress });
    display.finish();
    if (options.json) return await printJson(context, report(result, given));
    for (const line of summary(result, given)) display.note(line);
  } catch (error) {
    if (context.signal.aborted && existsSync(path.join(given.out as string, '.score-progress'))) {
      context.resumable = true;
      context.stopHint = `What was scored lies in ${given.out}: the same command with --resume goes on from it.`;
    }
    throw error;
  } finally {
    display.finish();
  }
}

/** @throws SvpError SVP_E_OPTION for what is missing */
function toOptions(
  model: string,
  pool: string,
  options: ScoreCommandOptions,
  context: CliContext,
): ScorePoolOptions {
  const missing = (option: string, what: string): never => {
    throw new SvpError('SVP_E_OPTION', `svp score: ${what}`, { option });
  };
  const { outputs = [], topK } = options;
  if (topK !== undefined && !outputs.includes('topK')) outputs.push('topK');
  if (outputs.length === 0) {
    missing('outputs', '--outputs is missing: logits, features, entropy, least-confidence, margin, top-k.');
  }
  if (options.out === undefined) missing('out', '--out is missing: the folder that the outputs go to.');
  const optional = {
    topK,
    topKBy: options.topKBy,
    temperature: options.temperature,
    batchSize: options.batchSize,
    threads: options.threads,
    inputConfig: options.inputConfig,
    cacheDirectory: options.datasetsDir,
    resume: options.resume,
    strict: options.strict,
    force: options.force,
  };
  return {
    model,
    pool,
    outputs,
    out: options.out,
    device: options.device,
    signal: context.signal,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

function report(result: ScorePoolResult, { model, pool, out }: ScorePoolOptions): object {
  const { topK, seconds, count, resumed, ...rest } = result;
  return {
    model,
    pool,
    out,
    count,
    ...rest,
    ...(topK && { topK: topK.indices }),
    resumed,
    seconds,
    itemsPerSecond: seconds > 0 ? (count - resumed) / seconds : null,
  };
}

function summary(result: ScorePoolResult, { out }: ScorePoolOptions): string[] {
  const { count, resumed, seconds, broken, files = {}, provider, runtime } = result;
  if (resumed === count && count > 0 && seconds === 0) return [`${out} holds this pass already.`];
  const rate = seconds > 0 ? `, ${withCommas(Math.round((count - resumed) / seconds))} a second` : '';
  const lines = [
    `scored ${withCommas(count - resumed)} items in ${formatSeconds(seconds)}${rate}, by ${runtime} (${provider})`,
  ];
  if (broken.count > 0) {
    const named = broken.items.slice(0, 3).map(({ item, reason }) => `${item} (${reason})`);
    lines.push(
      `${withCommas(broken.count)} could not be read, and have NaN: ${named.join(', ')}${broken.count > 3 ? ' …' : ''}`,
    );
  }
  const names = Object.entries(files).map(([name, file]) => `${spelled(name)} → ${file}`);
  return [...lines, ...names];
}

async function printPlan(
  given: ScorePoolOptions,
  options: ScoreCommandOptions,
  context: CliContext,
): Promise<void> {
  const plan = await scorePoolPlan(given);
  if (options.json)
    return printJson(context, { dryRun: true, model: given.model, pool: given.pool, ...plan });
  const shapes = plan.outputs.map(
    ({ name, shape, bytes }) =>
      `${spelled(name)} ${shape.map(withCommas).join(' × ')} (${formatBytes(bytes)})`,
  );
  const lines = [
    `pool       ${withCommas(plan.count)} items of ${plan.itemShape.join(' × ')} ${plan.dtype}, ${given.pool}`,
    `model      ${given.model} on ${plan.runtime} (${plan.provider}: ${plan.providerReason})`,
    `outputs    ${shapes.join(', ')} → ${given.out}`,
    `memory     ${formatBytes(plan.workingBytes)} in batches of ${plan.batchSize}, besides the model`,
    `time       about ${formatSeconds(plan.seconds)}, from a trial batch with ${given.threads ?? availableParallelism()} threads`,
  ];
  await printData(context, `${lines.join('\n')}\nNothing was written.\n`);
}
