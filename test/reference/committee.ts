/**
 * Disagreement of a committee as the definitions say, in float64. Each member is rows × columns logits.
 */
export function referenceCommittee(members: ArrayLike<number>[], columns: number, temperature = 1) {
  const rows = members[0].length / columns;
  const voteEntropy = new Float64Array(rows);
  const meanKl = new Float64Array(rows);
  const mutualInformation = new Float64Array(rows);
  const entropyOf = (p: number[]) => p.reduce((h, q) => h - (q === 0 ? 0 : q * Math.log(q)), 0);
  for (let i = 0; i < rows; i++) {
    const distributions = members.map((member) => {
      const z = Array.from({ length: columns }, (_, k) => member[i * columns + k] / temperature);
      const largest = Math.max(...z);
      const e = z.map((x) => Math.exp(x - largest));
      const sum = e.reduce((a, b) => a + b, 0);
      return e.map((x) => x / sum);
    });
    const votes = new Array(columns).fill(0);
    for (const member of members) {
      let best = 0;
      for (let k = 1; k < columns; k++) if (member[i * columns + k] > member[i * columns + best]) best = k;
      votes[best] += 1 / members.length;
    }
    const mean = distributions[0].map((_, k) => distributions.reduce((a, p) => a + p[k], 0) / members.length);
    voteEntropy[i] = entropyOf(votes);
    for (const p of distributions) {
      meanKl[i] += p.reduce((d, q, k) => d + (q === 0 ? 0 : q * Math.log(q / mean[k])), 0) / members.length;
      mutualInformation[i] -= entropyOf(p) / members.length;
    }
    mutualInformation[i] += entropyOf(mean);
  }
  return { voteEntropy, meanKl, mutualInformation };
}
