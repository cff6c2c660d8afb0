import type { OnProgress, Progress } from '../core/progress';

/** One stage of a run: `units` of work of one `kind`, each guessed to take `secondsPerUnit` until measured. */
export interface Stage {
  name: string;
  kind: string;
  units: number;
  secondsPerUnit: number;
  /** Stages of several runs with the same are one training, which the first of them runs. */
  shared?: string;
}

/**
 * The time left of a run of unlike stages. Each kind of work has a guess of its cost; as stages run, a kind that has been
 * timed uses its own measured cost, and the others their guess times the machine's measured slowness so far.
 */
export class StagePlan {
  private readonly spent = new Map<string, { seconds: number; units: number }>();
  private current = -1;
  private stageStartedAt = 0;
  private fraction = 0;
  private untimed = false;

  constructor(
    private readonly stages: readonly Stage[],
    private readonly onProgress?: OnProgress,
  ) {}

  /** Begins the next stage; the one before it is done. Its first report is its own. */
  next(): void {
    this.finishStage();
    this.current++;
    this.stageStartedAt = performance.now();
    this.fraction = 0;
    this.untimed = false;
  }

  /** The current stage was taken over from an earlier run: it says nothing about how long its kind takes. */
  takenOver(): void {
    this.untimed = true;
  }

  /** `done` of `total` in the current stage, in its own steps: the pace is the stage's, the time left the whole run's. */
  report(part: Partial<Progress> = {}): void {
    const stage = this.stages[this.current];
    if (!stage) return;
    const { done = 0, total = 0 } = part;
    if (total > 0) this.fraction = Math.min(1, done / total);
    this.onProgress?.({
      stage: `${this.current + 1}/${this.stages.length} ${stage.name}`,
      done,
      total,
      unit: part.unit ?? 'steps',
      elapsedMs: performance.now() - this.stageStartedAt,
      remainingMs: this.secondsLeft() * 1000,
      ...(part.detail === undefined ? {} : { detail: part.detail }),
      ...(part.radius === undefined ? {} : { radius: part.radius }),
    });
  }

  end(): void {
    this.finishStage();
    this.current = this.stages.length;
  }

  /** Of the whole plan before anything is measured. */
  static guess(stages: readonly Stage[]): number {
    return stages.reduce((sum, stage) => sum + stage.units * stage.secondsPerUnit, 0);
  }

  /** The estimate for everything that is still to do. */
  secondsLeft(): number {
    const running = this.stages[this.current];
    const inStage = running ? (performance.now() - this.stageStartedAt) / 1000 : 0;
    const spent = new Map(this.spent);
    // The running stage counts as a measurement once a tenth of it is done; before that its rate is mostly warm-up.
    if (running && this.fraction > 0.1) {
      const before = spent.get(running.kind) ?? { seconds: 0, units: 0 };
      spent.set(running.kind, {
        seconds: before.seconds + inStage,
        units: before.units + running.units * this.fraction,
      });
    }
    const slowness = this.slowness(spent);
    const cost = (stage: Stage) => {
      const measured = spent.get(stage.kind);
      return measured && measured.units > 0
        ? measured.seconds / measured.units
        : stage.secondsPerUnit * slowness;
    };
    let left = running ? running.units * (1 - this.fraction) * cost(running) : 0;
    for (const stage of this.stages.slice(this.current + 1)) left += stage.units * cost(stage);
    return left;
  }

  private finishStage(): void {
    const stage = this.stages[this.current];
    if (!stage || this.untimed) return;
    const before = this.spent.get(stage.kind) ?? { seconds: 0, units: 0 };
    this.spent.set(stage.kind, {
      seconds: before.seconds + (performance.now() - this.stageStartedAt) / 1000,
      units: before.units + stage.units,
    });
  }

  /** Measured seconds over guessed seconds, of all the work that was timed. */
  private slowness(spent: Map<string, { seconds: number; units: number }>): number {
    let measured = 0;
    let guessed = 0;
    for (const [kind, { seconds, units }] of spent) {
      const guess = this.stages.find((stage) => stage.kind === kind)?.secondsPerUnit ?? 0;
      measured += seconds;
      guessed += guess * units;
    }
    return guessed > 0 ? measured / guessed : 1;
  }
}
