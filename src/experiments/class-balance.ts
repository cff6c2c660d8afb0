import { SvpError } from '../errors';

/**
 * Shares `total` over classes as evenly as their sizes allow: every class gives the same number, or all that it has; what
 * does not divide goes to the lowest classes. A larger total never takes from a class, so subsets of rising size nest.
 * O(classes · log classes).
 * @throws SvpError SVP_E_BUDGET when the classes have fewer than `total` rows together
 */
export function equalShares(available: readonly number[], total: number): number[] {
  const sum = available.reduce((a, b) => a + b, 0);
  if (total > sum) {
    throw new SvpError('SVP_E_BUDGET', `${total} examples are wanted, but the classes have only ${sum}.`, {
      option: 'budget',
    });
  }
  // The level up to which every class is emptied: the largest at which the classes give no more than `total`.
  let level = 0;
  let given = 0;
  const sizes = [...available].sort((a, b) => a - b);
  for (let i = 0; i < sizes.length; i++) {
    const classesLeft = sizes.length - i;
    const step = Math.min(sizes[i] - level, Math.floor((total - given) / classesLeft));
    level += step;
    given += step * classesLeft;
    if (level < sizes[i]) break;
  }
  let left = total - given;
  return available.map((size) => {
    const share = Math.min(size, level);
    if (share < size && left > 0) {
      left--;
      return share + 1;
    }
    return share;
  });
}

/** How many rows of each class there are among `rows`. */
export function classCounts(rows: Uint32Array, labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const row of rows) counts[labels[row]]++;
  return counts;
}

/** The first rows of `order` of which class c gives `shares[c]`, in their order. */
export function takeShares(
  order: Uint32Array,
  labels: ArrayLike<number>,
  shares: readonly number[],
): Uint32Array {
  const left = [...shares];
  return order.filter((row) => left[labels[row]]-- > 0);
}

/** Rows in turns of their classes: every class's first, then every class's second, lower classes first. */
export function inTurns(rows: Uint32Array, labels: ArrayLike<number>): Uint32Array {
  const seen = new Map<number, number>();
  const keyed = Array.from(rows, (row) => {
    const turn = seen.get(labels[row]) ?? 0;
    seen.set(labels[row], turn + 1);
    return { row, turn };
  });
  keyed.sort((a, b) => a.turn - b.turn || labels[a.row] - labels[b.row]);
  return Uint32Array.from(keyed, ({ row }) => row);
}
