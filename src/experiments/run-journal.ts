import { promises as fs } from 'node:fs';
import { writeError } from '../core/atomic-file';
import { SvpError } from '../errors';

/** One line of events.ndjson. */
export interface RunEvent {
  event: string;
  /** ISO 8601. */
  time: string;
  /** Seconds of wall clock since the session began. */
  elapsed: number;
  [field: string]: unknown;
}

/**
 * What happened in a run, one JSON object a line. A line is flushed before `append` resolves, so whatever a resumed run
 * finds here has happened; a last line without its end was being written when the process died, and is dropped.
 * Sessions begin with a 'started' event.
 */
export class RunJournal {
  private readonly startedAt = performance.now();

  private constructor(
    private readonly file: string | undefined,
    readonly events: RunEvent[],
  ) {}

  /** A journal that nobody keeps, for runs without a folder. */
  static inMemory(): RunJournal {
    return new RunJournal(undefined, []);
  }

  /**
   * Opens a run's journal, as far as it is whole.
   * @throws SvpError SVP_E_CHECKPOINT for a line in the middle that is no event, SVP_E_WRITE
   */
  static async open(file: string): Promise<RunJournal> {
    const text = await fs.readFile(file, 'utf8').catch(() => '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const events = whole
      .split('\n')
      .slice(0, -1)
      .map((line, i) => {
        try {
          const event = JSON.parse(line);
          if (typeof event?.event === 'string' && Number.isFinite(event.elapsed)) return event as RunEvent;
        } catch {
          // Told below.
        }
        throw new SvpError(
          'SVP_E_CHECKPOINT',
          `${file}, line ${i + 1} is not an event of a run: the file is damaged. Start the run afresh with --force.`,
          { file, row: i },
        );
      });
    try {
      if (whole.length < text.length) await fs.truncate(file, Buffer.byteLength(whole));
    } catch (cause) {
      throw writeError(file, cause);
    }
    return new RunJournal(file, events);
  }

  async append(event: string, fields: Record<string, unknown> = {}): Promise<void> {
    const line: RunEvent = { event, time: new Date().toISOString(), elapsed: this.elapsed(), ...fields };
    this.events.push(line);
    if (this.file === undefined) return;
    let handle: fs.FileHandle | undefined;
    try {
      handle = await fs.open(this.file, 'a');
      await handle.writeFile(`${JSON.stringify(line)}\n`);
      await handle.datasync();
    } catch (cause) {
      throw writeError(this.file, cause);
    } finally {
      await handle?.close();
    }
  }

  /** The last event of this name with these fields. */
  find(event: string, fields: Record<string, unknown> = {}): RunEvent | undefined {
    return this.events.findLast(
      (e) => e.event === event && Object.entries(fields).every(([name, value]) => e[name] === value),
    );
  }

  /** Seconds of wall clock of this session. */
  elapsed(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** Seconds of all sessions: each counts as long as its last event says. */
  totalSeconds(): number {
    let earlier = 0;
    this.events.forEach((e, i) => {
      if (this.events[i + 1]?.event === 'started') earlier += e.elapsed;
    });
    return earlier + this.elapsed();
  }
}
