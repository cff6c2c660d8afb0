/** Correlations the plain way, by their definitions: O(n²) ranks, no scaling. */

/** Rank 1 for the highest; each value's rank is one more than those above it, plus half of its equals. */
export function plainMeanRanks(values: ArrayLike<number>): number[] {
  const list = Array.from(values);
  return list.map((value) => {
    const above = list.filter((other) => other > value).length;
    const equal = list.filter((other) => other === value).length;
    return above + (equal + 1) / 2;
  });
}

export function plainPearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = Array.from(a);
  const y = Array.from(b);
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, value] of x.entries()) {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

export function plainSpearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return plainPearson(plainMeanRanks(a), plainMeanRanks(b));
}
