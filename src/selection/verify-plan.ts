import type { Random } from '../core/random';

/** Picks after a checked step that compete there even in a sample: had one of them been farther, it is likeliest theirs. */
const RIVALS = 64;

/** One selection of the whole pool or of one class, and what of it is to be checked. */
export class VerifyRun {
  /** Positions in `centers`, ascending. */
  steps: number[] = [];

  /**
   * @param rows that compete, ascending
   * @param centers `initial` rows of the initial pool, then the picks
   * @param positions of the picks in the whole selection
   */
  constructor(
    public rows: Uint32Array,
    readonly centers: Uint32Array,
    readonly initial: number,
    readonly positions: Uint32Array,
  ) {}

  /** Leaves about `share` of the rows, and with them the checked picks and those that follow each. */
  sample(share: number, random: Random): void {
    const kept = new Set<number>();
    for (const step of this.steps) {
      for (const row of this.centers.subarray(step, step + 1 + RIVALS)) kept.add(row);
    }
    const wanted = Math.min(this.rows.length, Math.ceil(share * this.rows.length));
    // Distinct draws; a share near 1 is cheaper by a shuffle of all.
    if (wanted * 2 > this.rows.length) {
      for (const at of random.permutation(this.rows.length).subarray(0, wanted)) kept.add(this.rows[at]);
    } else {
      const drawn = new Set<number>();
      while (drawn.size < wanted) drawn.add(this.rows[random.below(this.rows.length)]);
      for (const row of drawn) kept.add(row);
    }
    this.rows = Uint32Array.from(kept).sort();
  }
}

function allRows(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

/** One run for the pool, or one a class, nothing chosen yet. Indices are within the pool and distinct. */
export function plannedRuns(
  rows: number,
  { indices, initial, labels }: { indices: Uint32Array; initial: Uint32Array; labels?: Uint32Array },
): VerifyRun[] {
  if (labels === undefined) {
    const centers = new Uint32Array(initial.length + indices.length);
    centers.set(initial);
    centers.set(indices, initial.length);
    return [new VerifyRun(allRows(rows), centers, initial.length, allRows(indices.length))];
  }
  const classes = new Map<
    number,
    { rows: number[]; initial: number[]; picks: number[]; positions: number[] }
  >();
  const of = (row: number) => {
    const found = classes.get(labels[row]);
    if (found) return found;
    const made = { rows: [], initial: [], picks: [], positions: [] };
    classes.set(labels[row], made);
    return made;
  };
  for (let row = 0; row < rows; row++) of(row).rows.push(row);
  for (const row of initial) of(row).initial.push(row);
  indices.forEach((row, position) => {
    of(row).picks.push(row);
    of(row).positions.push(position);
  });
  return [...classes.values()].map(
    (each) =>
      new VerifyRun(
        Uint32Array.from(each.rows),
        Uint32Array.from([...each.initial, ...each.picks]),
        each.initial.length,
        Uint32Array.from(each.positions),
      ),
  );
}

/** Draws the steps to check: picks with a center before them. The last one is always among them. */
export function sampleSteps(runs: VerifyRun[], wanted: number | 'all', random: Random): void {
  const all: { run: VerifyRun; step: number }[] = [];
  for (const run of runs) {
    for (let step = Math.max(1, run.initial); step < run.centers.length; step++) all.push({ run, step });
  }
  let chosen = all;
  if (wanted !== 'all' && wanted < all.length) {
    const order = random.permutation(all.length - 1).subarray(0, wanted - 1);
    chosen = [...Array.from(order, (at) => all[at]), all[all.length - 1]];
  }
  for (const { run, step } of chosen) run.steps.push(step);
  for (const run of runs) run.steps.sort((a, b) => a - b);
}
