import { types } from 'node:util';
import { Random } from '../core/random';
import { SvpError } from '../errors';
import type { NativeKCenterRun } from './contract';

/** What has to be picked, checked and with every random draw made, so that the engine is deterministic. */
export interface KCenterPlan {
  runs: NativeKCenterRun[];
  /** How the first picks were drawn, for checkpoints. */
  identity: string;
}

export interface KCenterPlanOptions {
  budget: number;
  initial?: Uint32Array;
  start?: number | 'random';
  randomInitial?: number;
  classes?: { labels: Uint32Array; budgets?: number[] };
  seed?: number;
}

const none = new Uint32Array(0);

function option(message: string, name: string): never {
  throw new SvpError('SVP_E_OPTION', `kCenterGreedy: option ${name}: ${message}`, { option: name });
}

/** @throws SvpError SVP_E_BUDGET */
function checkBudget(budget: number, available: number, name: string, of: string): void {
  if (!Number.isSafeInteger(budget) || budget < 0) {
    throw new SvpError('SVP_E_BUDGET', `${name} must be a whole number of at least 0, not ${budget}.`, {
      option: 'budget',
    });
  }
  if (budget > available) {
    throw new SvpError('SVP_E_BUDGET', `${name} is ${budget}, but only ${available} rows ${of}.`, {
      option: 'budget',
    });
  }
}

/** @throws SvpError SVP_E_INDEX with both numbers */
function checkInitial(initial: Uint32Array, rows: number): void {
  const seen = new Uint8Array(rows);
  initial.forEach((row, at) => {
    if (row >= rows) {
      throw new SvpError('SVP_E_INDEX', `initial[${at}] is ${row}, but the pool has ${rows} rows.`, { row });
    }
    if (seen[row]) {
      throw new SvpError(
        'SVP_E_INDEX',
        `initial[${at}] is ${row}, which initial[${initial.indexOf(row)}] is too.`,
        {
          row,
        },
      );
    }
    seen[row] = 1;
  });
}

/** `count` distinct rows in random order, none of them in `excluded` (ascending). A Fisher-Yates shuffle cut short. */
function drawRows(random: Random, rows: number, count: number, excluded: Uint32Array): Uint32Array {
  const left = rows - excluded.length;
  const moved = new Map<number, number>();
  const drawn = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const j = i + random.below(left - i);
    drawn[i] = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
  }
  if (excluded.length === 0) return drawn;
  // The k-th row that is not excluded: k plus the excluded rows before it.
  return drawn.map((k) => {
    let low = 0;
    let high = excluded.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (excluded[middle] - middle <= k) low = middle + 1;
      else high = middle;
    }
    return k + low;
  });
}

/** Shares `budget` over classes in proportion to what each has, by largest remainders; ties go to the lower class. */
function proportional(budget: number, available: number[]): number[] {
  const total = available.reduce((sum, count) => sum + count, 0);
  const exact = available.map((count) => (total === 0 ? 0 : (budget * count) / total));
  const shares = exact.map(Math.floor);
  const order = exact.map((_, c) => c).sort((a, b) => exact[b] - shares[b] - (exact[a] - shares[a]) || a - b);
  let left = budget - shares.reduce((sum, share) => sum + share, 0);
  for (const c of order) {
    if (left === 0) break;
    if (shares[c] < available[c]) {
      shares[c]++;
      left--;
    }
  }
  return shares;
}

function planClasses(rows: number, o: KCenterPlanOptions, initial: Uint32Array): KCenterPlan {
  const { labels, budgets } = o.classes!;
  if (!types.isUint32Array(labels) || labels.length !== rows) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `classes.labels must be a Uint32Array with one label for each of the ${rows} rows.`,
    );
  }
  if (typeof o.start === 'number') option('a start belongs to one class; leave it out with classes', 'start');
  if (o.randomInitial !== undefined) option('cannot be combined with classes', 'randomInitial');
  let classes = budgets?.length ?? 0;
  for (const label of labels) if (label >= classes) classes = label + 1;
  if (classes > Math.max(rows, budgets?.length ?? 0)) {
    option(
      `labels must be 0 … classes − 1; the largest is ${classes - 1} for ${rows} rows`,
      'classes.labels',
    );
  }
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label]++;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(classes);
  labels.forEach((label, row) => {
    members[label][filled[label]++] = row;
  });
  const given: number[][] = members.map(() => []);
  for (const row of initial) given[labels[row]].push(row);
  const available = members.map((rowsOf, c) => rowsOf.length - given[c].length);
  let shares: number[];
  if (budgets) {
    if (budgets.length < classes)
      option(`has ${budgets.length} entries for ${classes} classes`, 'classes.budgets');
    budgets.forEach((budget, c) => {
      checkBudget(budget, available[c], `classes.budgets[${c}]`, 'of that class can be picked');
    });
    const sum = budgets.reduce((total, budget) => total + budget, 0);
    if (sum !== o.budget) {
      throw new SvpError('SVP_E_BUDGET', `classes.budgets add up to ${sum}, but the budget is ${o.budget}.`, {
        option: 'classes.budgets',
      });
    }
    shares = budgets;
  } else {
    shares = proportional(o.budget, available);
  }
  const random = new Random(o.seed ?? 0);
  const runs = members.map((rowsOf, c): NativeKCenterRun => {
    const first =
      given[c].length > 0 || rowsOf.length === 0 ? none : Uint32Array.of(rowsOf[random.below(rowsOf.length)]);
    return { rows: rowsOf, budget: shares[c], initial: Uint32Array.from(given[c]), first };
  });
  return { runs, identity: `classes, seed ${o.seed ?? 0}` };
}

/**
 * Checks budget and indices against the pool and draws what is random.
 * @throws SvpError SVP_E_BUDGET, SVP_E_INDEX (each with both numbers), SVP_E_OPTION, SVP_E_SHAPE
 */
export function planKCenters(rows: number, o: KCenterPlanOptions): KCenterPlan {
  const initial = o.initial ?? none;
  checkInitial(initial, rows);
  checkBudget(o.budget, rows - initial.length, 'budget', 'can be picked');
  const { start, randomInitial, seed = 0 } = o;
  if (typeof start === 'number') {
    if (initial.length > 0)
      option('the first pick is the row farthest from the initial pool; leave start out', 'start');
    if (randomInitial) option('randomInitial makes the first picks; leave start out', 'start');
    if (start >= rows) {
      throw new SvpError('SVP_E_INDEX', `start is ${start}, but the pool has ${rows} rows.`, {
        option: 'start',
      });
    }
  }
  if (o.classes) return planClasses(rows, o, initial);
  let first: Uint32Array = none;
  let identity = 'initial';
  const random = new Random(seed);
  if (randomInitial) {
    if (randomInitial > o.budget) {
      throw new SvpError(
        'SVP_E_BUDGET',
        `randomInitial is ${randomInitial}, but the budget is ${o.budget}.`,
        {
          option: 'randomInitial',
        },
      );
    }
    first = drawRows(random, rows, randomInitial, Uint32Array.from(initial).sort());
    identity = `${randomInitial} random, seed ${seed}`;
  } else if (initial.length === 0 && rows > 0) {
    first = Uint32Array.of(typeof start === 'number' ? start : random.below(rows));
    identity = typeof start === 'number' ? `start ${start}` : `start random, seed ${seed}`;
  }
  return { runs: [{ rows: null, budget: o.budget, initial, first }], identity };
}
