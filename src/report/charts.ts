import type { CoreSetFigures } from '../analysis/core-set-figures';
import type { CoreSetRecord } from '../core/run-record';
import { drawCharts } from './chart-figures';
import { type Html, html } from './html';
import { learningCurvesChart } from './learning-curves';
import { timeBarsChart } from './time-bars';
import { tradeOffChart } from './trade-off';

/** The page's charts: learning curves, accuracy against time, and where the time goes. */
export async function coreSetCharts(record: CoreSetRecord, figures: CoreSetFigures): Promise<Html> {
  const charts = [
    learningCurvesChart(record, figures),
    tradeOffChart(record, figures),
    timeBarsChart(figures),
  ].filter((chart) => chart !== undefined);
  return html`${await drawCharts(charts)}`;
}
