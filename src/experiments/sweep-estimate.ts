import type { OnProgress } from '../core/progress';
import type { Stage } from './stage-plan';

/**
 * The time left of a sweep: the guessed cost of each run's stages, trainings that runs share counted once, times what the
 * runs so far took over what was guessed of them. The run that is under way tells its own.
 */
export class SweepEstimate {
  private readonly costs: number[];
  private doneGuess = 0;
  private doneSeconds = 0;
  private current = -1;
  private startedAt = 0;

  /** @param runs the stages of each run, in the order in which they are run */
  constructor(runs: readonly (readonly Stage[])[]) {
    const seen = new Set<string>();
    this.costs = runs.map((stages) =>
      stages.reduce((sum, { units, secondsPerUnit, shared }) => {
        if (shared !== undefined && seen.has(shared)) return sum;
        if (shared !== undefined) seen.add(shared);
        return sum + units * secondsPerUnit;
      }, 0),
    );
  }

  /** Guessed seconds of everything. */
  get total(): number {
    return this.costs.reduce((sum, cost) => sum + cost, 0);
  }

  begin(run: number): void {
    this.current = run;
    this.startedAt = performance.now();
  }

  /** @param counts false for a run that was done before: it says nothing about how long runs take */
  end(counts: boolean): void {
    if (!counts) return;
    this.doneGuess += this.costs[this.current];
    this.doneSeconds += (performance.now() - this.startedAt) / 1000;
  }

  /** Progress of the run under way, told as the sweep's. */
  progress(name: string, onProgress: OnProgress | undefined): OnProgress {
    const place = `run ${this.current + 1} of ${this.costs.length}`;
    return (progress) => {
      // A guess is worth its weight once something has been timed.
      const slowness = this.doneGuess > 0 ? this.doneSeconds / this.doneGuess : 1;
      const rest = this.costs.slice(this.current + 1).reduce((sum, cost) => sum + cost, 0) * slowness;
      onProgress?.({
        ...progress,
        stage: `${place}, ${name}: ${progress.stage}`,
        remainingMs: (progress.remainingMs ?? 0) + rest * 1000,
      });
    };
  }
}
