import type { ActiveRecord } from '../core/active-record';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import type { CoreSetRecord, ModelRecord } from '../core/run-record';
import type { SweepRun } from '../core/sweep-record';

/** The target trained on one subset, with what it cost to choose it. */
export interface TrialPoint {
  examples: number;
  testAccuracy: number;
  /** Training what chose, scoring and ranking: the paper's data selection time. */
  selectionSeconds: number;
  targetTrainSeconds: number;
  endToEndSeconds: number;
  /** Of what the method chose, by class number: all of a core-set; of active learning what its rounds added. */
  classCounts?: number[];
}

/** One run of one method with one seed, whichever command made it. */
export interface Trial {
  protocol: 'active' | 'core-set';
  dataset: string;
  pool: number;
  test: number;
  /** 'full' for the target on the whole pool. */
  method: string;
  /** The model that chose, by name; absent for random, for the full pool and for a precomputed selection. */
  proxy?: string;
  target: string;
  /** The target chose for itself. */
  oracle: boolean;
  seed: number;
  /** Where it lies. */
  folder: string;
  /** By rising examples. */
  points: TrialPoint[];
}

/** How a network is called where its configuration gives it no name: 'preact8, 5 epochs'. */
export function networkName(model: ModelRecord): string {
  return `${model.arch}, ${model.epochs} ${model.epochs === 1 ? 'epoch' : 'epochs'}`;
}

/** The names that a sweep's configuration gave to networks. */
export type Names = Pick<SweepRun, 'proxy' | 'target'>;

const common = (dataset: { name: string; pool: number; test: number }, seed: number, folder: string) => ({
  dataset: dataset.name,
  pool: dataset.pool,
  test: dataset.test,
  seed,
  folder,
});

/** A run of active learning; without a target that was tested it has no points. */
export function activeTrial(record: ActiveRecord, folder: string, names?: Names): Trial {
  const proxy = names?.proxy ?? (record.proxy && networkName(record.proxy));
  const points = record.targets.flatMap((target): TrialPoint[] => {
    if (target.testAccuracy === undefined) return [];
    const rounds = record.rounds.filter((round) => round.labelledAfter <= target.examples);
    const counts = rounds.map((round) => round.classCounts);
    const known = counts.length > 0 && counts.every((c) => c !== undefined);
    return [
      {
        examples: target.examples,
        testAccuracy: target.testAccuracy,
        selectionSeconds: target.selectionSeconds,
        targetTrainSeconds: target.trainSeconds,
        endToEndSeconds: target.endToEndSeconds,
        ...(known ? { classCounts: summed(counts as number[][]) } : {}),
      },
    ];
  });
  return {
    ...common(record.dataset, record.seed, folder),
    protocol: 'active',
    method: record.method,
    ...(proxy === undefined || record.method === 'random' ? {} : { proxy }),
    target: names?.target ?? (record.target ? networkName(record.target) : 'none'),
    oracle: record.oracle && record.method !== 'random',
    points,
  };
}

/** A run of core-set selection, and the target on the full pool where the run trained it. */
export function coreSetTrials(record: CoreSetRunRecord, folder: string, names?: Names): Trial[] {
  const proxy = names?.proxy ?? (record.proxy && networkName(record.proxy));
  const trained = record.full ?? record.subsets.find((subset) => subset.target)?.target;
  const base = {
    ...common(record.dataset, record.seed, folder),
    protocol: 'core-set' as const,
    target: names?.target ?? (trained ? networkName(trained) : 'none'),
  };
  const selectionSeconds =
    (record.proxy?.trainSeconds ?? 0) + record.inferenceSeconds + record.rankingSeconds;
  const points = record.subsets.flatMap(({ examples, classCounts, target, endToEndSeconds }): TrialPoint[] =>
    target?.testAccuracy === undefined
      ? []
      : [
          {
            examples,
            testAccuracy: target.testAccuracy,
            selectionSeconds,
            targetTrainSeconds: target.trainSeconds,
            endToEndSeconds: endToEndSeconds ?? selectionSeconds + target.trainSeconds,
            classCounts,
          },
        ],
  );
  const trials: Trial[] = [
    {
      ...base,
      method: record.method,
      ...(proxy === undefined || record.method === 'random' ? {} : { proxy }),
      oracle: record.oracle && record.method !== 'random',
      points,
    },
  ];
  if (record.full?.testAccuracy !== undefined) {
    const { testAccuracy, trainSeconds } = record.full;
    trials.push({
      ...base,
      method: 'full',
      oracle: false,
      points: [fullPoint(record.dataset.pool, testAccuracy, trainSeconds)],
    });
  }
  return trials;
}

/** The rows of a quickstart, which compares several methods at one size. */
export function quickstartTrials(record: CoreSetRecord, folder: string): Trial[] {
  const [proxy, target] = [networkName(record.proxy), networkName(record.target)];
  return record.rows.map((row) => ({
    ...common(record.dataset, record.seed, folder),
    protocol: 'core-set',
    method: row.method,
    ...(row.selector === 'none' ? {} : { proxy: row.selector === 'target' ? target : proxy }),
    target,
    oracle: row.selector === 'target',
    points: [
      row.method === 'full'
        ? fullPoint(row.examples, row.testAccuracy, row.targetTrainSeconds)
        : {
            examples: row.examples,
            testAccuracy: row.testAccuracy,
            selectionSeconds: row.selectorTrainSeconds + row.selectionSeconds,
            targetTrainSeconds: row.targetTrainSeconds,
            endToEndSeconds: row.endToEndSeconds,
          },
    ],
  }));
}

function fullPoint(examples: number, testAccuracy: number, seconds: number): TrialPoint {
  return {
    examples,
    testAccuracy,
    selectionSeconds: 0,
    targetTrainSeconds: seconds,
    endToEndSeconds: seconds,
  };
}

/** Lists added element by element; shorter ones count as ending in zeros. */
export function summed(lists: readonly (readonly number[])[]): number[] {
  const sum: number[] = [];
  for (const list of lists)
    list.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + value;
    });
  return sum;
}
