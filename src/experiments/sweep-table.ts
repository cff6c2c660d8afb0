import type { ActiveRecord } from '../core/active-record';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import type { TrainingRecord } from '../core/run-record';
import type { SweepRun } from '../core/sweep-record';

const COLUMNS = [
  ...['protocol', 'method', 'proxy', 'target', 'oracle', 'seed', 'nexamples', 'share'],
  ...['test_accuracy', 'selection_time', 'train_time', 'total_time'],
] as const;

interface Line {
  /** 'full' where nothing was chosen. */
  method: string;
  training: TrainingRecord;
  selectionSeconds: number;
}

/**
 * sweep.csv: one line for each training of the target. `selection_time` is what led to its examples: the proxies' training,
 * scoring and ranking; `total_time` that and the target's training. Seconds; accuracies and shares are fractions.
 */
export function sweepTable(
  runs: readonly SweepRun[],
  records: readonly (ActiveRecord | CoreSetRunRecord | undefined)[],
): string {
  const lines = runs.flatMap((run, i) => {
    const record = records[i];
    if (!record) return [];
    return linesOf(record).map(({ method, training, selectionSeconds }) => [
      ...[run.kind, method, method === 'full' ? '' : (run.proxy ?? ''), run.target, run.oracle, run.seed],
      ...[training.examples, training.examples / record.dataset.pool, training.testAccuracy ?? ''],
      ...[selectionSeconds, training.trainSeconds, selectionSeconds + training.trainSeconds],
    ]);
  });
  return `${[COLUMNS, ...lines].map((line) => line.join(',')).join('\n')}\n`;
}

function linesOf(record: ActiveRecord | CoreSetRunRecord): Line[] {
  if (record.kind === 'active') {
    return record.targets.map((training) => ({
      method: record.method,
      training,
      selectionSeconds: training.selectionSeconds,
    }));
  }
  const selectionSeconds =
    (record.proxy?.trainSeconds ?? 0) + record.inferenceSeconds + record.rankingSeconds;
  return [
    ...record.subsets.flatMap(({ target }) =>
      target ? [{ method: record.method, training: target, selectionSeconds }] : [],
    ),
    ...(record.full ? [{ method: 'full', training: record.full, selectionSeconds: 0 }] : []),
  ];
}
