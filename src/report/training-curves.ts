import type { FinishedRun } from '../analysis/run-record-file';
import { formatCount, formatPercent, NBSP } from '../analysis/units';
import type { TrainingRecord } from '../core/run-record';
import type { Chart } from './chart';
import { type LineSeries, lineChart } from './line-chart';
import { listStyle } from './series-style';

/** The target's trainings of a run, by the size of what they were trained on. */
function trainingsOf(run: FinishedRun): TrainingRecord[] {
  if (run.kind === 'active') return run.record.targets;
  if (run.kind !== 'core-set') return [];
  const { subsets, full } = run.record;
  return [...subsets.flatMap((subset) => subset.target ?? []), ...(full ? [full] : [])];
}

/** The target's test accuracy after each epoch, a line for each budget; undefined where it was tested at the end only. */
export function runCurves(run: FinishedRun): Chart | undefined {
  const trainings = trainingsOf(run);
  const series = trainings.flatMap((training, i): LineSeries[] => {
    const points = training.curve.flatMap(({ epoch, testAccuracy }) =>
      testAccuracy === undefined ? [] : [{ x: epoch, y: 100 * testAccuracy }],
    );
    if (points.length < 2) return [];
    return [{ label: `${formatCount(training.examples)} examples`, style: listStyle(i), points }];
  });
  if (series.length === 0) return undefined;
  const epochs = [...new Set(series.flatMap((line) => line.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const value = (line: LineSeries, epoch: number) => line.points.find((point) => point.x === epoch)?.y;
  return lineChart({
    id: 'training-curves',
    title: 'Learning curves of the target',
    caption: `Test accuracy of ${trainings[0].arch} after each epoch, by the number of examples that it was trained on.`,
    alternative: `Line chart of test accuracy by epoch. After the last: ${series
      .map((line) => `${line.label} ${line.points[line.points.length - 1].y.toFixed(2)}${NBSP}%`)
      .join('; ')}.`,
    xTitle: 'Epoch',
    yTitle: 'Test accuracy (%)',
    series,
    ...(epochs.length <= 10 ? { ticks: epochs } : {}),
    text: (y) => `${y.toFixed(2)}${NBSP}%`,
    within: [0, 100],
    figures: {
      headings: ['Epoch', ...series.map((line) => line.label)],
      rows: epochs.map((epoch) => [
        String(epoch),
        ...series.map((line) => {
          const y = value(line, epoch);
          return y === undefined ? '' : formatPercent(y / 100);
        }),
      ]),
    },
  });
}
