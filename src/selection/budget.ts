import { SvpError } from '../errors';

/**
 * Turns a budget as people write it into a count: 700, '700', '10%', '2.5 %'. A percentage is of the whole pool, the
 * initial pool included, rounded to the nearest whole row (half a row up).
 * @throws SvpError SVP_E_OPTION for text that is no number, SVP_E_BUDGET for one that cannot be a budget of this pool
 */
export function parseBudget(text: string | number, poolSize: number, initialSize = 0): number {
  if (typeof text === 'number') return checkBudget(text, poolSize, initialSize);
  const match = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(%?)\s*$/i.exec(text);
  if (!match) {
    throw new SvpError(
      'SVP_E_OPTION',
      `The budget must be a whole number of rows or a percentage of the pool such as 10%, not "${text}".`,
      { option: 'budget' },
    );
  }
  const number = Number(match[1]);
  if (match[2] === '') return checkBudget(number, poolSize, initialSize);
  if (number < 0 || number > 100) {
    throw new SvpError(
      'SVP_E_BUDGET',
      `The budget is ${number} % of a pool of ${poolSize} rows: it must be between 0 % and 100 %.`,
      { option: 'budget' },
    );
  }
  // Multiply before dividing: 7 % of 100 is 7 in float64 that way, and 7.000000000000001 the other.
  return checkBudget(Math.floor((number * poolSize) / 100 + 0.5), poolSize, initialSize);
}

/**
 * Checks that `budget` rows can be picked from `poolSize` rows of which `initialSize` are taken.
 * @returns the budget
 * @throws SvpError SVP_E_BUDGET, with both numbers
 */
export function checkBudget(budget: unknown, poolSize: number, initialSize = 0): number {
  const fail = (message: string): never => {
    throw new SvpError('SVP_E_BUDGET', message, { option: 'budget' });
  };
  if (typeof budget !== 'number' || Number.isNaN(budget)) {
    return fail(`The budget must be a number of rows, not ${String(budget)}; the pool has ${poolSize} rows.`);
  }
  if (budget < 0) {
    return fail(`The budget is ${budget}, but it must be at least 0 (the pool has ${poolSize} rows).`);
  }
  if (budget > poolSize) {
    return fail(`The budget is ${budget} rows, but the pool has only ${poolSize}.`);
  }
  if (!Number.isInteger(budget)) {
    return fail(
      `The budget is ${budget}, but it must be a whole number of rows (the pool has ${poolSize} rows; for a share ` +
        `of the pool, the command line takes ${budget <= 1 ? budget * 100 : 10}%).`,
    );
  }
  if (budget > poolSize - initialSize) {
    return fail(
      `The budget is ${budget} rows, but only ${poolSize - initialSize} of the pool's ${poolSize} rows are left ` +
        `beside the initial pool of ${initialSize}.`,
    );
  }
  return budget;
}
