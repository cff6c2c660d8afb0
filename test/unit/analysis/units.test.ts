import {
  formatCount,
  formatFactor,
  formatGap,
  formatIn,
  formatPercent,
  formatPoints,
  formatShare,
  formatTime,
  NBSP,
  timeUnit,
} from '../../../src/analysis/units';

test('figures are written one way everywhere', () => {
  expect(formatCount(60_000)).toBe('60,000');
  expect(formatPercent(0.9132)).toBe('91.32');
  expect(formatPercent(1)).toBe('100.00');
  expect(formatShare(0.5)).toBe('50');
  expect(formatShare(0.125)).toBe('12.5');
  expect(formatFactor(97.4 / 62.92)).toBe('1.55');
});

test('differences carry a sign, a minus as wide as a digit, and none when nothing is shown', () => {
  expect(formatPoints(0.0104)).toBe('+1.04');
  expect(formatPoints(-0.0017)).toBe('−0.17');
  expect(formatPoints(-0.00001)).toBe('0.00');
  expect(formatPoints(0)).toBe('0.00');
  expect(formatGap(-0.0123)).toBe('1.23');
});

test('times take one unit for a column, seconds up to ten minutes', () => {
  expect(timeUnit(599).symbol).toBe('s');
  expect(timeUnit(600).symbol).toBe('min');
  expect(timeUnit(5 * 3600).symbol).toBe('h');
  expect(formatIn(timeUnit(7200), 90)).toBe('1.5');
  expect(formatTime(75.04)).toBe(`75.0${NBSP}s`);
  expect(formatTime(5400)).toBe(`90.0${NBSP}min`);
});

test('a time that would round to nothing is not shown as nothing', () => {
  const seconds = timeUnit(60);
  expect(formatIn(seconds, 0.012)).toBe('<0.1');
  expect(formatIn(seconds, 0.05)).toBe('0.1');
  expect(formatIn(seconds, 0)).toBe('0');
  expect(formatIn(timeUnit(1e6), 1)).toBe('<0.01');
});
