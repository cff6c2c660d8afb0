/** What `onProgress` receives. Counts are in `unit` (picks, rows, steps …). */
export interface Progress {
  /** What is being done, in a few words: "k-centers", "training target on full pool". */
  stage: string;
  done: number;
  total: number;
  unit: string;
  /** Of `done`: units that an earlier run had finished, where this one goes on from a checkpoint. */
  resumed?: number;
  elapsedMs: number;
  /** Estimate from the rate so far; undefined until there is a rate. */
  remainingMs?: number;
  /** k-centers: the current covering radius. */
  radius?: number;
  /** Anything worth a glance: loss, accuracy. */
  detail?: string;
}

export type OnProgress = (progress: Progress) => void;

/**
 * Turns counts into Progress with a time estimate. The rate is over the whole run; work whose later units cost less
 * (k-centers) passes its own fraction of the work done.
 */
export class ProgressMeter {
  private readonly startedAt = performance.now();

  constructor(
    private readonly stage: string,
    private readonly total: number,
    private readonly unit: string,
    private readonly onProgress?: OnProgress,
  ) {}

  report(
    done: number,
    extra: { radius?: number; detail?: string; fraction?: number; resumed?: number } = {},
  ): void {
    if (!this.onProgress) return;
    const elapsedMs = performance.now() - this.startedAt;
    const fraction = extra.fraction ?? (this.total > 0 ? done / this.total : 1);
    const progress: Progress = { stage: this.stage, done, total: this.total, unit: this.unit, elapsedMs };
    if (fraction > 0) progress.remainingMs = Math.max(0, (elapsedMs * (1 - fraction)) / fraction);
    if (extra.resumed !== undefined) progress.resumed = extra.resumed;
    if (extra.radius !== undefined) progress.radius = extra.radius;
    if (extra.detail !== undefined) progress.detail = extra.detail;
    this.onProgress(progress);
  }
}
