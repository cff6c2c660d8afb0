import type { ActiveRecord, ActiveRound, ActiveTarget } from '../core/active-record';
import type { TrainingRecord } from '../core/run-record';
import { readIndexFile } from '../data/formats/index-file';
import type { ActiveLearningOptions } from './active-learning';
import type { ActivePlan } from './active-plan';
import { choose } from './choose';
import { classCounts } from './class-balance';
import { LabelBook } from './label-book';
import { poolScorer } from './pool-scorer';
import { datasetRecord } from './protocol-options';
import { ProtocolRun } from './protocol-run';
import type { SelectionLine } from './run-directory';
import type { RunState } from './run-state';
import type { StagePlan } from './stage-plan';
import { rowsIdentity } from './training-identity';
import { type StoredTraining, trainingRecord } from './training-store';
import type { Workbench } from './workbench';

/** What a round's choice took, as selection.csv tells it. */
interface Selected {
  rows: Uint32Array;
  inferenceSeconds: number;
  rankingSeconds: number;
}

/** Active learning, round by round in the order of the plan. */
export class ActiveRun extends ProtocolRun {
  private readonly rounds: ActiveRound[] = [];
  private readonly targets: ActiveTarget[] = [];
  private readonly selections: SelectionLine[] = [];
  private book?: LabelBook;

  constructor(
    private readonly bench: Workbench,
    private readonly plan: ActivePlan,
    private readonly state: RunState,
    stages: StagePlan,
    private readonly options: ActiveLearningOptions,
    trainings: string | undefined,
  ) {
    super(bench, plan, state, stages, options, trainings);
  }

  async perform(): Promise<{ labelled: Uint32Array; record: ActiveRecord }> {
    const { plan, options, state, bench } = this;
    await this.writeSplit();
    if (options.labels) {
      this.book = await LabelBook.open(options.labels, bench.splits.train.classNames, state.directory);
    }
    let labelled = plan.initial;
    await state.directory?.writeIndices(`initial_subset_${labelled.length}.index`, labelled);
    await this.label(0, plan.validation, labelled);
    await this.evaluate(labelled);
    let parent: StoredTraining | undefined;
    for (const [k, size] of plan.rounds.entries()) {
      const round = k + 1;
      const before = labelled;
      const chooses = plan.method.needs !== 'nothing' && !plan.replay;
      const proxy = chooses ? await this.trainProxy(before, parent) : undefined;
      this.stages.next();
      const selected = await this.select(round, before, size, proxy);
      labelled = Uint32Array.from([...before, ...selected.rows]);
      await this.label(round, selected.rows);
      await state.directory?.writeIndices(`labeled_${labelled.length}.index`, labelled);
      await this.tellRound(round, before, labelled, selected, proxy);
      if (parent) await this.store.release(parent);
      if (proxy && !plan.warmStart) await this.store.release(proxy);
      parent = plan.warmStart ? proxy : undefined;
      await this.evaluate(labelled);
    }
    if (parent) await this.store.release(parent);
    this.stages.end();
    const record = this.record();
    await state.finish(record);
    return { labelled, record };
  }

  private async label(round: number, ...groups: Uint32Array[]): Promise<void> {
    const { signal } = this.options;
    const rows = Uint32Array.from(groups.flatMap((group) => Array.from(group)));
    await this.book?.ask(rows, { round, ...(signal ? { signal } : {}) });
  }

  /** Trains from fresh weights, or from `parent`'s; the model stays with the host until released. */
  private async trainProxy(rows: Uint32Array, parent?: StoredTraining): Promise<StoredTraining> {
    const { proxy, oracle } = this.plan;
    return this.train('proxy', proxy, rows, {
      keep: true,
      ...(parent ? { parent } : {}),
      note: `${oracle ? 'target as its own proxy' : 'proxy'} on ${rows.length} examples`,
      index: `labeled_${rows.length}.index`,
    });
  }

  private async select(
    round: number,
    before: Uint32Array,
    size: number,
    proxy: StoredTraining | undefined,
  ): Promise<Selected> {
    const { plan } = this;
    const after = before.length + size;
    if (plan.replay) {
      const taken = new Set(before);
      const rows = plan.replay.sets[round].filter((row) => !taken.has(row));
      const [now, earlier] = [plan.replay.selectionSeconds[round], plan.replay.selectionSeconds[round - 1]];
      // The replayed run's tables give the sum; what of it was ranking is not worth telling apart.
      return { rows, inferenceSeconds: 0, rankingSeconds: (now ?? 0) - (earlier ?? 0) };
    }
    const earlier = await this.earlierSelection(round, before, after);
    if (earlier) {
      this.stages.takenOver();
      return earlier;
    }
    const chooser = proxy && {
      model: () => this.store.hold(proxy, this.hooks()),
      outcome: proxy.outcome,
    };
    const chosen = await choose(
      { method: plan.method, pool: plan.pool, labelled: before, budget: size, seed: plan.seed },
      chooser,
      poolScorer(this.bench.host, plan.scoring),
      this.hooks(),
    );
    const { rows, inferenceSeconds, rankingSeconds } = chosen;
    await this.state.directory?.writeIndices(
      `labeled_${after}.index`,
      Uint32Array.from([...before, ...rows]),
    );
    await this.state.journal.append('selected', {
      round,
      examples: after,
      rows: rowsIdentity(rows),
      inferenceSeconds,
      rankingSeconds,
    });
    return { rows, inferenceSeconds, rankingSeconds };
  }

  /** The round's choice of an earlier session, if it was made on the same labelled rows and its file is whole. */
  private async earlierSelection(
    round: number,
    before: Uint32Array,
    after: number,
  ): Promise<Selected | undefined> {
    const { directory, journal } = this.state;
    const event = journal.find('selected', { round, examples: after });
    if (!directory || !event) return undefined;
    const all = await readIndexFile(directory.file(`labeled_${after}.index`)).catch(() => undefined);
    if (all?.length !== after) return undefined;
    const rows = all.slice(before.length);
    const sameBefore = rowsIdentity(all.slice(0, before.length)) === rowsIdentity(before);
    if (!sameBefore || rowsIdentity(rows) !== event.rows) return undefined;
    return {
      rows,
      inferenceSeconds: event.inferenceSeconds as number,
      rankingSeconds: event.rankingSeconds as number,
    };
  }

  private async tellRound(
    round: number,
    before: Uint32Array,
    after: Uint32Array,
    { rows, inferenceSeconds, rankingSeconds }: Selected,
    proxy?: StoredTraining,
  ): Promise<void> {
    const { train } = this.bench.splits;
    this.rounds.push({
      round,
      labelledBefore: before.length,
      labelledAfter: after.length,
      ...(proxy ? { proxy: trainingRecord(proxy) } : {}),
      inferenceSeconds,
      rankingSeconds,
      ...(this.plan.hiddenLabels ? {} : { classCounts: classCounts(rows, train.labels, train.classes) }),
    });
    this.selections.push({
      nexamples: after.length,
      current_nexamples: before.length,
      new_nexamples: rows.length,
      total_time: inferenceSeconds + rankingSeconds,
      inference_time: inferenceSeconds,
      ranking_time: rankingSeconds,
    });
    await this.state.directory?.writeSelection(this.selections);
  }

  /** Trains the target on the labelled set, where the plan wants it there. The oracle's then serves as the next proxy. */
  private async evaluate(labelled: Uint32Array): Promise<void> {
    const { oracle, warmStart, evalTargetAt, target } = this.plan;
    if (!evalTargetAt.includes(labelled.length)) return;
    const isLast = this.rounds.length === this.plan.rounds.length;
    const training = await this.train('target', target, labelled, {
      keep: oracle && !warmStart && !isLast,
      note: `target on ${labelled.length} examples`,
      index: `labeled_${labelled.length}.index`,
    });
    const selectionSeconds = this.rounds.reduce(
      (sum, { proxy, inferenceSeconds, rankingSeconds }) =>
        sum + (proxy?.trainSeconds ?? 0) + inferenceSeconds + rankingSeconds,
      0,
    );
    const told = trainingRecord(training);
    this.targets.push({ ...told, selectionSeconds, endToEndSeconds: selectionSeconds + told.trainSeconds });
  }

  protected override labelsFor(rows: Uint32Array) {
    return this.book?.of(rows, this.plan.validation);
  }

  private record(): ActiveRecord {
    const { plan, bench, rounds, targets } = this;
    const model = ({ arch, width, epochs, parameters }: TrainingRecord) => ({
      arch,
      width,
      epochs,
      parameters,
    });
    const proxy = rounds.find((round) => round.proxy)?.proxy;
    return {
      ...this.header('activeLearning()'),
      kind: 'active',
      seed: plan.seed,
      dataset: datasetRecord(bench.name, bench.splits, plan.pool.length, plan.testIndices?.length),
      method: plan.replay ? plan.replay.method : plan.method.name,
      initial: plan.initial.length,
      balanced: plan.balanced,
      warmStart: plan.warmStart,
      oracle: plan.oracle,
      ...(plan.replay ? { precomputedSelection: plan.replay.folder } : {}),
      ...(proxy ? { proxy: model(proxy) } : {}),
      ...(targets.length > 0 ? { target: model(targets[0]) } : {}),
      rounds,
      targets,
      overheadSeconds: this.overheadSeconds(),
    };
  }
}
