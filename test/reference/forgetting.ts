/** Forgetting counts from whole histories: for each example its presentations in order, true where correct. */
export function referenceForgetting(
  histories: boolean[][],
  neverLearned: 'infinity' | 'presentations' | 'zero',
): number[] {
  return histories.map((history) => {
    if (!history.includes(true)) {
      if (neverLearned === 'infinity') return Number.POSITIVE_INFINITY;
      return neverLearned === 'presentations' ? history.length : 0;
    }
    return history.filter((correct, t) => t > 0 && history[t - 1] && !correct).length;
  });
}
