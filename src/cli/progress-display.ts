import type { Progress } from '../core/progress';
import type { CliContext, CommonOptions, Display } from './context';

const LIVE_EVERY_MS = 100;
const PLAIN_EVERY_MS = 2_000;
/** Away from a terminal `auto` writes this seldom, so that a short job leaves nothing in a log and a long one a trace. */
const SPARSE_EVERY_MS = 10_000;

/**
 * Progress on stderr: on a terminal one line that is written over; elsewhere, or with --progress plain, lines of plain
 * text. `--quiet` silences notes too.
 */
export function createDisplay(
  { stderr, env }: Pick<CliContext, 'stderr' | 'env'>,
  options: Pick<CommonOptions, 'progress' | 'quiet'>,
  now: () => number = () => performance.now(),
): Display {
  const silent = options.quiet || options.progress === 'none';
  const live = options.progress === 'auto' && Boolean(stderr.isTTY) && env.TERM !== 'dumb';
  const every = live ? LIVE_EVERY_MS : options.progress === 'plain' ? PLAIN_EVERY_MS : SPARSE_EVERY_MS;
  let shown = false;
  let last = now();
  let stage: string | undefined;

  const clear = () => {
    if (shown) stderr.write('\r\x1b[K');
    shown = false;
  };
  return {
    onProgress(progress) {
      if (silent) return;
      const time = now();
      const newStage = progress.stage !== stage;
      if (time - last < every && !(newStage && (live || options.progress === 'plain'))) return;
      stage = progress.stage;
      last = time;
      const line = formatProgress(progress);
      if (!live) {
        stderr.write(`${line}\n`);
        return;
      }
      // One column is left free, or some terminals wrap.
      stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns || 80) - 1)}`);
      shown = true;
    },
    note(text) {
      if (options.quiet) return;
      clear();
      stderr.write(`${text}\n`);
    },
    finish: clear,
  };
}

/** "k-centers: 1,234 of 7,000 picks (18 %), 2,345 picks/s, radius 3.214, 3 s left" */
export function formatProgress(progress: Progress): string {
  const { stage, done, resumed = 0, total, unit, elapsedMs, remainingMs, radius, detail } = progress;
  const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
  const parts = [`${stage}: ${withCommas(done)} of ${withCommas(total)} ${unit} (${percent} %)`];
  const own = done - resumed;
  if (elapsedMs > 0 && own > 0) parts.push(`${formatRate((1000 * own) / elapsedMs)} ${unit}/s`);
  if (radius !== undefined && Number.isFinite(radius)) parts.push(`radius ${radius.toPrecision(4)}`);
  if (detail) parts.push(detail);
  if (remainingMs !== undefined && done < total) parts.push(`${formatSeconds(remainingMs / 1000)} left`);
  return parts.join(', ');
}

/** 1234567 → "1,234,567" */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function formatRate(rate: number): string {
  return rate >= 100 ? withCommas(Math.round(rate)) : rate.toPrecision(2);
}

/** 0.4 → "1 s", 75 → "1 min 15 s", 7300 → "2 h 2 min" */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** 1536 → "1.5 KiB" */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
