import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import type { CoreSetRecord } from '../core/run-record';
import { type CoreSetContext, splitPool, splitTest } from './core-set-steps';
import { loadImageSource, sourceOf } from './dataset-source';
import { describeMachine } from './machine';
import { openTrainingHost } from './open-training-host';
import { quickstartPlan } from './quickstart-plan';
import { networkRecord, QuickstartRun } from './quickstart-run';
import { QUICKSTART_PROFILES, type QuickstartSettings, settingsShape } from './quickstart-settings';
import { RunDirectory } from './run-directory';
import { StagePlan } from './stage-plan';

export interface QuickstartOptions {
  /** The short profile: under a minute on two cores. Default false. */
  fast?: boolean;
  /** Changes of the profile. */
  settings?: Partial<QuickstartSettings>;
  /** Of the pool, the initial weights and the orders. Default 0. */
  seed?: number;
  /** Default `runs/quickstart-<UTC time>`. */
  runDirectory?: string;
  /** Write into a folder that is not empty. */
  force?: boolean;
  cacheDirectory?: string;
  /** Train in a child process (default), or in this one. */
  isolate?: boolean;
  /** How the record says that it was made. */
  command?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** One line for each finished stage. */
  onNote?: (text: string) => void;
  /** Called once the run's folder is there. */
  onRunDirectory?: (folder: string) => void;
}

const schema = z.object({
  fast: z.boolean().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  seed: z.int().optional(),
  runDirectory: z.string().optional(),
  force: z.boolean().optional(),
  cacheDirectory: z.string().optional(),
  isolate: z.boolean().optional(),
  command: z.string().optional(),
  signal: z.any().optional(),
  onProgress: z.any().optional(),
  onNote: z.any().optional(),
  onRunDirectory: z.any().optional(),
});

export interface QuickstartResult {
  record: CoreSetRecord;
  runDirectory: string;
}

/** The settings that a call with these options uses. @throws SvpError SVP_E_OPTION */
export function quickstartSettings(options: QuickstartOptions): QuickstartSettings {
  const { fast, settings } = parseOptions(schema, options, 'quickstart') as QuickstartOptions;
  const changes = parseOptions(
    settingsShape,
    settings,
    'quickstart: settings',
  ) as Partial<QuickstartSettings>;
  return { ...QUICKSTART_PROFILES[fast ? 'fast' : 'standard'], ...changes };
}

/**
 * Core-set selection via proxy on real images, end to end (Selection via Proxy, section 3.3): a small proxy is trained on
 * the pool, each method keeps a part of it, and the target is trained on the whole pool, on each part and on the part
 * that the target itself would choose. All target trainings start from the same weights and run the same number of
 * epochs. Leaves the run's folder with core-set.json in it (docs/guides/quickstart.md). The figures are what was measured.
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET (a pool larger than the train split), SVP_E_EXISTS, SVP_E_WRITE,
 *   SVP_E_RUNTIME (no TensorFlow: see svp doctor), SVP_E_ABORT
 */
export async function quickstart(options: QuickstartOptions = {}): Promise<QuickstartResult> {
  const startedAt = performance.now();
  const settings = quickstartSettings(options);
  const { seed = 0, signal } = options;
  const plan = quickstartPlan(settings);
  throwIfAborted(signal);
  const stages = new StagePlan(plan.stages, options.onProgress);
  stages.next();
  const source = sourceOf(settings.dataset, options);
  const splits = await loadImageSource(source, {
    ...(signal ? { signal } : {}),
    onProgress: (progress) => stages.report(progress),
  });
  const testIndices = splitTest(splits.test, seed, settings.test);
  const split = splitPool(splits.train, seed, settings.pool);

  const run = await RunDirectory.create('quickstart', options.runDirectory, options.force);
  options.onRunDirectory?.(run.folder);
  const host = openTrainingHost(source, options.isolate ?? true);
  try {
    await host.prepare([settings.proxy, settings.target], signal ? { signal } : {});
    const context: CoreSetContext = { host, ...split, ...(testIndices ? { testIndices } : {}), seed };
    const work = new QuickstartRun(settings, plan, splits, context, run, stages, options);
    await work.writeConfiguration();
    const { proxy, rows, galleries } = await work.perform();
    stages.end();
    const { train } = splits;
    const record: CoreSetRecord = {
      version: 1,
      createdAt: new Date().toISOString(),
      command: options.command ?? 'quickstart()',
      machine: describeMachine(),
      seed,
      dataset: {
        name: settings.dataset,
        pool: context.pool.length,
        test: testIndices?.length ?? splits.test.count,
        classes: train.classes,
        classNames: train.classNames,
        height: train.height,
        width: train.width,
        channels: train.channels,
      },
      fraction: settings.fraction,
      proxy: {
        ...networkRecord(proxy),
        testAccuracy: proxy.testAccuracy,
        trainSeconds: proxy.trainSeconds,
        curve: proxy.epochs,
      },
      target: work.targetRecord(),
      rows,
      galleries,
      totalSeconds: (performance.now() - startedAt) / 1000,
    };
    await run.writeJson('core-set.json', record);
    return { record, runDirectory: run.folder };
  } finally {
    await host.close();
    // Only a child that had to be killed in the middle of a write leaves anything here.
    await run.sweep();
  }
}
