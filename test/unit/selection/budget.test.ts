import fc from 'fast-check';
import { checkBudget, parseBudget } from '../../../src/selection/budget';

const failing = (code: string, ...parts: (string | number)[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(parts.map(String).join('[\\s\\S]*'))),
  });

describe('parseBudget', () => {
  test.each([
    ['700', 1000, 700],
    ['10%', 70_000, 7_000],
    ['10 %', 70_000, 7_000],
    [' 2.5% ', 1_000, 25],
    ['7%', 100, 7],
    ['0%', 100, 0],
    ['100%', 3, 3],
    ['50%', 5, 3], // half a row rounds up
    ['0.1%', 10, 0],
    [12, 12, 12],
  ])('%p of %i rows is %i', (text, pool, expected) => {
    expect(parseBudget(text, pool)).toBe(expected);
  });

  test('any percentage gives the nearest whole number of rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        (percent, pool) => {
          const budget = parseBudget(`${percent}%`, pool);
          expect(Math.abs(budget - (percent * pool) / 100)).toBeLessThanOrEqual(0.5);
        },
      ),
    );
  });

  test.each(['', 'ten', '10%%', '%', '1,000', '0x10', 'NaN', 'Infinity'])('%p is no budget', (text) => {
    expect(() => parseBudget(text, 10)).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
  });

  test('110% and −1% name both numbers', () => {
    expect(() => parseBudget('110%', 500)).toThrow(failing('SVP_E_BUDGET', 110, 500));
    expect(() => parseBudget('-1%', 500)).toThrow(failing('SVP_E_BUDGET', -1, 500));
  });
});

describe('checkBudget', () => {
  test.each([0, 1, 10])('%i of 10 is fine', (budget) => {
    expect(checkBudget(budget, 10)).toBe(budget);
  });

  test.each([
    [-1, [-1, 10]],
    [11, [11, 10]],
    [2.5, ['2\\.5', 10]],
    [0.1, ['0\\.1', 10]],
    [Number.NaN, ['NaN', 10]],
    [Number.POSITIVE_INFINITY, ['Infinity', 10]],
    ['5', ['5', 10]],
  ])('%p of 10 names both numbers', (budget, parts) => {
    expect(() => checkBudget(budget, 10)).toThrow(failing('SVP_E_BUDGET', ...parts));
  });

  test('what is left beside the initial pool is the limit', () => {
    expect(checkBudget(6, 10, 4)).toBe(6);
    expect(() => checkBudget(7, 10, 4)).toThrow(failing('SVP_E_BUDGET', 7, 6, 10, 4));
  });
});
