import type { CoreSetRecord, CoreSetRow, Gallery } from '../core/run-record';
import type { ImageSplits } from '../data/dataset';
import { findMethod } from '../selection/registry';
import {
  type Choice,
  type Chooser,
  type CoreSetContext,
  chooseSubset,
  trainNetwork,
  writeChoice,
  writeTrainingPart,
} from './core-set-steps';
import { galleryOf } from './gallery';
import type { Network } from './network';
import type { QuickstartOptions } from './quickstart';
import type { QuickstartPlan } from './quickstart-plan';
import type { QuickstartSettings } from './quickstart-settings';
import type { RunDirectory } from './run-directory';
import type { StagePlan } from './stage-plan';
import type { JobHooks, TrainOutcome } from './training-host';

/** What `Quickstart` takes from the options of the call. */
export type QuickstartHooks = Pick<QuickstartOptions, 'signal' | 'onNote' | 'command'>;

/** The run itself, stage by stage in the order of the plan. */
export class QuickstartRun {
  private target?: TrainOutcome;

  constructor(
    private readonly settings: QuickstartSettings,
    private readonly plan: QuickstartPlan,
    private readonly splits: ImageSplits,
    private readonly context: CoreSetContext,
    private readonly run: RunDirectory,
    private readonly stages: StagePlan,
    private readonly options: QuickstartHooks,
  ) {}

  async writeConfiguration(): Promise<void> {
    const { pool, validation, testIndices, seed } = this.context;
    await this.run.writeJson('config.json', {
      command: this.options.command ?? 'quickstart()',
      seed,
      budget: this.plan.budget,
      ...this.settings,
    });
    await this.run.writeIndices('train.index', pool);
    await this.run.writeIndices('dev.index', validation);
    if (testIndices) await this.run.writeIndices('test.index', testIndices);
  }

  async perform(): Promise<{ proxy: TrainOutcome; rows: CoreSetRow[]; galleries: Gallery[] }> {
    const { settings, context, run, splits } = this;
    const proxy = await this.train('proxy', settings.proxy, context.pool, {
      keepAs: 'proxy',
      trackForgetting: true,
    });
    await writeTrainingPart(run, 'proxy', proxy, { rows: context.pool, validation: context.validation });

    this.stages.next();
    const choices: Choice[] = [];
    for (const method of settings.methods) {
      choices.push(await this.choose(method, { key: 'proxy', outcome: proxy }, method, choices.length));
    }
    await context.host.release('proxy');

    const full = await this.train('target on the full pool', settings.target, context.pool, {
      keepAs: 'target',
      trackForgetting: true,
    });
    this.target = full;
    await writeTrainingPart(run, 'target', full, { rows: context.pool, validation: context.validation });
    const fullRow = this.row('full', 'none', full, context.pool.length, 0, 0, undefined);

    const rows = [fullRow];
    for (const choice of choices) {
      const outcome = await this.trainOnChoice(choice, choice.method);
      const byProxy = findMethod(choice.method).needs !== 'nothing';
      rows.push(
        this.row(
          choice.method,
          byProxy ? 'proxy' : 'none',
          outcome,
          choice.rows.length,
          byProxy ? proxy.trainSeconds : 0,
          choice.inferenceSeconds + choice.rankingSeconds,
          fullRow,
        ),
      );
    }
    this.stages.next();
    const oracle = await this.choose(settings.oracle, { key: 'target', outcome: full }, 'oracle', 0);
    await context.host.release('target');
    const outcome = await this.trainOnChoice(oracle, 'oracle');
    const seconds = oracle.inferenceSeconds + oracle.rankingSeconds;
    rows.push(
      this.row(oracle.method, 'target', outcome, oracle.rows.length, full.trainSeconds, seconds, fullRow),
    );
    return {
      proxy,
      rows,
      galleries: choices.map((c) => galleryOf(c, splits.train, settings.gallery)),
    };
  }

  targetRecord(): CoreSetRecord['target'] {
    return networkRecord(this.target!);
  }

  /** Trains on the next stage of the plan. */
  private async train(
    what: string,
    network: Network,
    rows: Uint32Array,
    extra: { keepAs?: string; trackForgetting?: boolean },
  ): Promise<TrainOutcome> {
    this.stages.next();
    const outcome = await trainNetwork(this.context, network, rows, extra, this.hooks());
    this.options.onNote?.(
      `${what}: ${(100 * outcome.testAccuracy).toFixed(2)} % test accuracy, trained on ${rows.length.toLocaleString('en-US')} images in ${outcome.trainSeconds.toFixed(1)} s`,
    );
    return outcome;
  }

  private async choose(method: string, chooser: Chooser, folder: string, done: number): Promise<Choice> {
    const { settings, plan, context } = this;
    const randomInitial = Math.round(settings.initialShare * context.pool.length);
    const total = folder === 'oracle' ? 1 : settings.methods.length;
    this.stages.report({ done, total, unit: 'methods', detail: method });
    const hooks: JobHooks = this.options.signal ? { signal: this.options.signal } : {};
    const choice = await chooseSubset(context, method, plan.budget, chooser, randomInitial, hooks);
    await writeChoice(await this.run.within(folder), choice);
    return choice;
  }

  private async trainOnChoice(choice: Choice, folder: string): Promise<TrainOutcome> {
    const what =
      folder === 'oracle' ? `target on its own choice by ${choice.method}` : `target on ${choice.method}`;
    const outcome = await this.train(what, this.settings.target, choice.rows, {});
    const { validation } = this.context;
    await writeTrainingPart(await this.run.within(folder), 'target', outcome, {
      rows: choice.rows,
      validation,
    });
    return outcome;
  }

  private hooks(): JobHooks {
    const { signal } = this.options;
    return { ...(signal ? { signal } : {}), onProgress: (progress) => this.stages.report(progress) };
  }

  private row(
    method: string,
    selector: CoreSetRow['selector'],
    outcome: TrainOutcome,
    examples: number,
    selectorTrainSeconds: number,
    selectionSeconds: number,
    full: CoreSetRow | undefined,
  ): CoreSetRow {
    const targetTrainSeconds = outcome.trainSeconds;
    const endToEndSeconds = selectorTrainSeconds + selectionSeconds + targetTrainSeconds;
    return {
      method,
      selector,
      examples,
      testAccuracy: outcome.testAccuracy,
      targetTrainSeconds,
      selectorTrainSeconds,
      selectionSeconds,
      endToEndSeconds,
      speedUp: full ? full.endToEndSeconds / endToEndSeconds : 1,
      curve: outcome.epochs,
    };
  }
}

export function networkRecord(outcome: TrainOutcome): CoreSetRecord['target'] {
  return {
    arch: outcome.arch,
    width: outcome.width,
    epochs: outcome.epochs.length,
    parameters: outcome.parameters,
  };
}
