import type { CoreSetRecord } from '../core/run-record';
import {
  type CoreSetFigures,
  chanceGap,
  coreSetFigures,
  type SubsetFigures,
  sameAccuracy,
} from './core-set-figures';
import { capitalised, listed, methodKey, methodLabel } from './core-set-names';
import { formatCount, formatFactor, formatGap, formatPercent, formatTime, NBSP } from './units';

/**
 * How the methods that used the proxy did against random:
 * - `method-wins`: the best of them beat random by more than chance explains
 * - `random-kept-up`: it was ahead, but by no more than chance explains
 * - `tie`: the same accuracy, as shown
 * - `random-ahead`: random was ahead, by no more than chance explains
 * - `random-wins`: random was ahead by more than chance explains
 * - `no-comparison`: the record lacks a random row or a row chosen by the proxy
 */
export type Outcome =
  | 'method-wins'
  | 'random-kept-up'
  | 'tie'
  | 'random-ahead'
  | 'random-wins'
  | 'no-comparison';

export interface CoreSetVerdict {
  outcome: Outcome;
  /** One sentence: the finding. */
  headline: string;
  /** Sentences about the full pool, the time, the oracle and what chance allows; as many as the record supports. */
  details: string[];
}

const percent = (fraction: number) => `${formatPercent(fraction)}${NBSP}%`;
const points = (difference: number) => {
  const gap = formatGap(difference);
  return `${gap}${NBSP}${gap === '1.00' ? 'point' : 'points'}`;
};

function againstRandom(figures: CoreSetFigures, test: number): { outcome: Outcome; headline: string } {
  const { random, byProxy, full } = figures;
  const best = byProxy[0];
  if (random === undefined || best === undefined) {
    const subset = best ?? random;
    return {
      outcome: 'no-comparison',
      headline:
        subset === undefined
          ? `The target reached ${percent(full.row.testAccuracy)} on the full pool; the run has no smaller subset.`
          : `${capitalised(subset.label)} reached ${percent(subset.row.testAccuracy)}; the run lacks ${
              random === undefined ? 'a random subset' : 'a method that used the proxy'
            } to compare it with.`,
    };
  }
  const winners = byProxy.filter((s) => sameAccuracy(s.row.testAccuracy, best.row.testAccuracy));
  const names = listed(winners.map((s) => methodLabel(s.row.method)));
  const theBest = winners.length > 1 ? 'the best methods' : 'the best method';
  const ahead = best.row.testAccuracy - random.row.testAccuracy;
  const chance = chanceGap(best.row.testAccuracy, random.row.testAccuracy, test);
  const figuresText = `${percent(best.row.testAccuracy)} against ${percent(random.row.testAccuracy)}`;
  if (sameAccuracy(best.row.testAccuracy, random.row.testAccuracy)) {
    return {
      outcome: 'tie',
      headline: `Random kept up: ${theBest}, ${names}, tied with it at ${percent(random.row.testAccuracy)}.`,
    };
  }
  if (ahead > chance) {
    return {
      outcome: 'method-wins',
      headline: `Choosing by ${names} on the proxy beat random by ${points(ahead)} (${figuresText}).`,
    };
  }
  if (ahead > 0) {
    return {
      outcome: 'random-kept-up',
      headline: `Random kept up: no method beat it by more than ${points(ahead)} (${names}, ${figuresText}), which chance alone may explain.`,
    };
  }
  const outcome: Outcome = -ahead > chance ? 'random-wins' : 'random-ahead';
  const qualification = outcome === 'random-ahead' ? ', a gap that chance alone may explain' : '';
  return {
    outcome,
    headline: `Random won: ${theBest}, ${names}, fell ${points(ahead)} short of it (${figuresText})${qualification}.`,
  };
}

/** What a smaller set cost in accuracy and saved in time. */
function againstFull(subset: SubsetFigures, figures: CoreSetFigures): string {
  const full = figures.full.row;
  const { testAccuracy, endToEndSeconds, speedUp } = subset.row;
  const loss = full.testAccuracy - testAccuracy;
  const accuracy = sameAccuracy(full.testAccuracy, testAccuracy)
    ? `kept the accuracy of the full pool (${percent(full.testAccuracy)})`
    : `${loss > 0 ? 'lost' : 'gained'} ${points(loss)} against the full pool (${percent(full.testAccuracy)})`;
  const times = `${formatTime(endToEndSeconds)} end to end instead of ${formatTime(full.endToEndSeconds)}`;
  const factor = formatFactor(speedUp);
  const faster = speedUp > 1 && factor !== '1.00';
  const time = faster ? `was ${factor} times as fast (${times})` : `was no faster (${times})`;
  const why =
    !faster && subset.kind === 'proxy' ? ': choosing cost as much as the smaller set saved, or more' : '';
  return `${capitalised(subset.label)} ${accuracy} and ${time}${why}.`;
}

function againstOracle(oracle: SubsetFigures, figures: CoreSetFigures): string | undefined {
  const proxy = figures.byProxy.find((s) => methodKey(s.row.method) === methodKey(oracle.row.method));
  if (proxy === undefined) return undefined;
  const gap = proxy.row.testAccuracy - oracle.row.testAccuracy;
  const accuracy = sameAccuracy(proxy.row.testAccuracy, oracle.row.testAccuracy)
    ? `gave the same accuracy as the proxy's choice, ${percent(oracle.row.testAccuracy)},`
    : `gave ${percent(oracle.row.testAccuracy)}, ${points(gap)} ${gap > 0 ? 'less' : 'more'} than the proxy's choice,`;
  return (
    `The oracle, the target choosing for itself by ${methodLabel(oracle.row.method)}, ${accuracy} ` +
    `in ${formatTime(oracle.row.endToEndSeconds)} end to end instead of ${formatTime(proxy.row.endToEndSeconds)}.`
  );
}

/**
 * What a core-set run found, in sentences computed from its figures: also where random wins, and where a difference is
 * too small for the size of the test set. The paper's own comparisons are of this kind (section 3.3, Tables 2 and 4),
 * with several seeds; one run has one, and the last sentence says so.
 */
export function coreSetVerdict(record: CoreSetRecord, figures = coreSetFigures(record)): CoreSetVerdict {
  const { outcome, headline } = againstRandom(figures, record.dataset.test);
  const details: string[] = [];
  const { random, byProxy } = figures;
  if (byProxy.length > 0) details.push(againstFull(byProxy[0], figures));
  if (random !== undefined) details.push(againstFull(random, figures));
  for (const oracle of figures.oracles) {
    const sentence = againstOracle(oracle, figures);
    if (sentence !== undefined) details.push(sentence);
  }
  const rival = byProxy[0] ?? random;
  if (rival !== undefined) {
    const reference = random ?? figures.full;
    const gap = chanceGap(rival.row.testAccuracy, reference.row.testAccuracy, record.dataset.test);
    details.push(
      `These are single runs: with ${formatCount(record.dataset.test)} test images, a gap of up to about ${points(gap)} may be chance, ` +
        'and another seed would shift the figures further.',
    );
  }
  return { outcome, headline, details };
}
