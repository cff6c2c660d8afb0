import type { CoreSetRunRecord, CoreSetSubset } from '../core/core-set-run-record';
import { readIndexFile } from '../data/formats/index-file';
import { writeNpy } from '../data/formats/npy';
import { type Chosen, choose } from './choose';
import { classCounts, equalShares, takeShares } from './class-balance';
import type { CoreSetOptions } from './core-set';
import type { CoreSetPlan } from './core-set-plan';
import { poolScorer } from './pool-scorer';
import { datasetRecord } from './protocol-options';
import { ProtocolRun } from './protocol-run';
import type { RunState } from './run-state';
import type { StagePlan } from './stage-plan';
import { rowsIdentity } from './training-identity';
import { type StoredTraining, trainingRecord } from './training-store';
import type { Workbench } from './workbench';

/** Rows of the pool whose features a run leaves behind, for a map of them. */
const FEATURE_SAMPLE = 2000;
const RANKING = 'ranking.index';

/** The index file of a subset. */
export function selectedFile(examples: number): string {
  return `selected_${examples}.index`;
}

/** The pool in the order in which it is kept, and what that took. */
interface Ranked {
  ranking: Uint32Array;
  inferenceSeconds: number;
  rankingSeconds: number;
  randomInitial: number;
}

/** Core-set selection: one ranking, and the target on each subset of it. */
export class CoreSetRun extends ProtocolRun {
  private ranked: Ranked = {
    ranking: new Uint32Array(0),
    inferenceSeconds: 0,
    rankingSeconds: 0,
    randomInitial: 0,
  };

  constructor(
    private readonly bench: Workbench,
    private readonly plan: CoreSetPlan,
    private readonly state: RunState,
    stages: StagePlan,
    options: CoreSetOptions,
    trainings: string | undefined,
  ) {
    super(bench, plan, state, stages, options, trainings);
  }

  async perform(): Promise<{ record: CoreSetRunRecord; subsets: Uint32Array[] }> {
    const { plan, state } = this;
    await this.writeSplit();
    const chooses = plan.method.needs !== 'nothing' && !plan.replay;
    const proxy = chooses ? await this.trainProxy() : undefined;
    this.stages.next();
    const subsets = await this.chooseSubsets(proxy);
    await this.writeSubsets(subsets);
    // An oracle's proxy is the target on the whole pool: its model is not needed again, its outcome is.
    if (proxy) await this.store.release(proxy);
    const trained = plan.trainTarget ? await this.trainTargets(subsets) : [];
    const full = plan.fullTarget
      ? await this.train('target', plan.target, plan.pool, {
          note: `target on the pool of ${plan.pool.length} examples`,
          index: 'train.index',
          folder: 'full',
        })
      : undefined;
    this.stages.end();
    const record = this.record(subsets, trained, proxy, full);
    await state.finish(record);
    return { record, subsets };
  }

  private trainProxy(): Promise<StoredTraining> {
    const { proxy, pool, oracle } = this.plan;
    return this.train('proxy', proxy, pool, {
      keep: true,
      note: `${oracle ? 'target as its own proxy' : 'proxy'} on the pool of ${pool.length} examples`,
      index: 'train.index',
      folder: '',
    });
  }

  private async trainTargets(subsets: Uint32Array[]): Promise<StoredTraining[]> {
    const { plan } = this;
    // One subset alone is where the reference has it; several have a folder each.
    const single = subsets.length === 1 && !plan.fullTarget;
    const trained: StoredTraining[] = [];
    for (const rows of subsets) {
      trained.push(
        await this.train('target', plan.target, rows, {
          note: `target on ${rows.length} examples`,
          index: 'train.index',
          ...(single ? { folder: '' } : {}),
        }),
      );
    }
    return trained;
  }

  private async chooseSubsets(proxy: StoredTraining | undefined): Promise<Uint32Array[]> {
    const { plan } = this;
    if (plan.replay) {
      const seconds = plan.replay.selectionSeconds.at(-1) ?? 0;
      this.ranked = { ...this.ranked, ranking: plan.replay.sets.at(-1)!, rankingSeconds: seconds };
      return plan.replay.sets;
    }
    const earlier = await this.earlierRanking();
    if (earlier) this.stages.takenOver();
    this.ranked = earlier ?? (await this.rank(proxy));
    return plan.budgets.map((budget) => this.firstOf(this.ranked.ranking, budget));
  }

  /** The first `budget` rows of the ranking, or of each class in it its share of them. */
  private firstOf(ranking: Uint32Array, budget: number): Uint32Array {
    if (!this.plan.balanced) return ranking.slice(0, budget);
    const { labels } = this.bench.splits.train;
    return takeShares(ranking, labels, this.shares(budget));
  }

  private shares(budget: number): number[] {
    const { labels, classes } = this.bench.splits.train;
    return equalShares(classCounts(this.plan.pool, labels, classes), budget);
  }

  private async rank(proxy: StoredTraining | undefined): Promise<Ranked> {
    const { plan, bench, state } = this;
    const budget = plan.budgets[plan.budgets.length - 1];
    const { labels } = bench.splits.train;
    const chosen = await choose(
      {
        method: plan.method,
        pool: plan.pool,
        budget,
        seed: plan.seed,
        randomInitial: plan.randomInitial,
        ...(plan.balanced ? { shares: { of: this.shares(budget), labels } } : {}),
      },
      proxy && { model: () => this.store.hold(proxy, this.hooks()), outcome: proxy.outcome },
      poolScorer(bench.host, plan.scoring),
      this.hooks(),
    );
    const { ranking, inferenceSeconds, rankingSeconds, randomInitial } = chosen;
    if (state.directory) {
      await state.directory.writeIndices(RANKING, ranking);
      await this.writeScores(chosen, proxy);
    }
    await state.journal.append('selected', {
      examples: ranking.length,
      rows: rowsIdentity(ranking),
      inferenceSeconds,
      rankingSeconds,
      randomInitial,
    });
    return { ranking, inferenceSeconds, rankingSeconds, randomInitial };
  }

  /** scores.npy, and a sample of the features: what comparisons of rankings and a map of the pool are made of. */
  private async writeScores(chosen: Chosen, proxy: StoredTraining | undefined): Promise<void> {
    const { directory } = this.state;
    if (!directory) return;
    const { scores } = chosen;
    if (scores) await writeNpy(directory.file('scores.npy'), scores, [scores.length]);
    if (!proxy) return;
    const sample = this.plan.pool.slice(0, FEATURE_SAMPLE);
    let { features } = chosen;
    if (!features) {
      const model = await this.store.hold(proxy, this.hooks());
      ({ features } = await poolScorer(this.bench.host).features(model, sample, this.hooks()));
    }
    const { columns } = features;
    await writeNpy(directory.file('features.npy'), features.data.subarray(0, sample.length * columns), [
      sample.length,
      columns,
    ]);
    await directory.writeIndices('features.index', sample);
  }

  /** The ranking of an earlier session, if its file is whole. */
  private async earlierRanking(): Promise<Ranked | undefined> {
    const { directory, journal } = this.state;
    const event = journal.find('selected');
    if (!directory || !event) return undefined;
    const ranking = await readIndexFile(directory.file(RANKING)).catch(() => undefined);
    if (!ranking || rowsIdentity(ranking) !== event.rows) return undefined;
    return {
      ranking,
      inferenceSeconds: event.inferenceSeconds as number,
      rankingSeconds: event.rankingSeconds as number,
      randomInitial: event.randomInitial as number,
    };
  }

  private async writeSubsets(subsets: Uint32Array[]): Promise<void> {
    const { directory } = this.state;
    if (!directory) return;
    const { inferenceSeconds, rankingSeconds, randomInitial } = this.ranked;
    for (const rows of subsets) await directory.writeIndices(selectedFile(rows.length), rows);
    await directory.writeIndices('selected.index', subsets[subsets.length - 1]);
    if (randomInitial > 0) {
      const first = this.ranked.ranking.slice(0, randomInitial);
      await directory.writeIndices(`initial_subset_${first.length}.index`, first);
    }
    await directory.writeSelection(
      subsets.map(({ length }) => ({
        nexamples: length,
        current_nexamples: Math.min(randomInitial, length),
        new_nexamples: length - Math.min(randomInitial, length),
        total_time: inferenceSeconds + rankingSeconds,
        inference_time: inferenceSeconds,
        ranking_time: rankingSeconds,
      })),
    );
  }

  private record(
    subsets: Uint32Array[],
    trained: StoredTraining[],
    proxy: StoredTraining | undefined,
    full: StoredTraining | undefined,
  ): CoreSetRunRecord {
    const { plan, bench } = this;
    const { labels, classes } = bench.splits.train;
    const { inferenceSeconds, rankingSeconds, randomInitial } = this.ranked;
    const choosing = (proxy?.outcome.trainSeconds ?? 0) + inferenceSeconds + rankingSeconds;
    return {
      ...this.header('coreSet()'),
      kind: 'core-set',
      seed: plan.seed,
      dataset: datasetRecord(bench.name, bench.splits, plan.pool.length, plan.testIndices?.length),
      method: plan.replay ? plan.replay.method : plan.method.name,
      balanced: plan.balanced,
      oracle: plan.oracle,
      ...(plan.replay ? { precomputedSelection: plan.replay.folder } : {}),
      randomInitial,
      ...(proxy ? { proxy: trainingRecord(proxy) } : {}),
      inferenceSeconds,
      rankingSeconds,
      subsets: subsets.map((rows, i): CoreSetSubset => {
        const subset = { examples: rows.length, classCounts: classCounts(rows, labels, classes) };
        if (!trained[i]) return subset;
        const endToEndSeconds = choosing + trained[i].outcome.trainSeconds;
        return {
          ...subset,
          target: trainingRecord(trained[i]),
          endToEndSeconds,
          ...(full ? { speedUp: full.outcome.trainSeconds / endToEndSeconds } : {}),
        };
      }),
      ...(full ? { full: trainingRecord(full) } : {}),
      overheadSeconds: this.overheadSeconds(),
    };
  }
}
