import {
  createDisplay,
  formatBytes,
  formatProgress,
  formatSeconds,
  withCommas,
} from '../../../src/cli/progress-display';
import type { Progress } from '../../../src/core/progress';

function display(options: {
  isTTY?: boolean;
  progress?: 'auto' | 'plain' | 'none';
  quiet?: boolean;
  term?: string;
}) {
  let written = '';
  let time = 0;
  const stderr = { isTTY: options.isTTY, columns: 60, write: (text: string) => (written += text) };
  const made = createDisplay(
    { stderr: stderr as never, env: { TERM: options.term ?? 'xterm' } },
    { progress: options.progress ?? 'auto', quiet: options.quiet },
    () => time,
  );
  return {
    ...made,
    written: () => written,
    at(ms: number) {
      time = ms;
      made.onProgress(progress);
    },
  };
}

const progress: Progress = {
  stage: 'k-centers',
  done: 1_234,
  total: 7_000,
  unit: 'picks',
  elapsedMs: 2_000,
  remainingMs: 9_346,
  radius: 12.3456,
};

describe('createDisplay', () => {
  test('on a terminal: one line, written over, within the width, taken away at the end', () => {
    const shown = display({ isTTY: true });
    shown.at(200);
    shown.at(250); // too soon
    shown.at(400);
    expect(shown.written().split('\r\x1b[K')).toHaveLength(3);
    expect(shown.written()).not.toContain('\n');
    for (const line of shown.written().split('\r\x1b[K')) expect(line.length).toBeLessThan(60);
    shown.finish();
    expect(shown.written().endsWith('\r\x1b[K')).toBe(true);
  });

  test('elsewhere, auto: a plain line every ten seconds, nothing before', () => {
    const shown = display({});
    shown.at(100);
    shown.at(9_000);
    expect(shown.written()).toBe('');
    shown.at(10_100);
    shown.at(11_000);
    expect(shown.written().trim().split('\n')).toHaveLength(1);
    expect(shown.written()).not.toContain('\x1b');
  });

  test('plain: the first line of a stage at once, then every two seconds, also on a terminal', () => {
    const shown = display({ isTTY: true, progress: 'plain' });
    for (const ms of [10, 500, 2_100, 3_000, 4_200]) shown.at(ms);
    expect(shown.written().trim().split('\n')).toHaveLength(3);
    expect(shown.written()).not.toContain('\x1b');
  });

  test('a dumb terminal gets no control characters', () => {
    const shown = display({ isTTY: true, term: 'dumb' });
    shown.at(20_000);
    expect(shown.written()).not.toContain('\x1b');
  });

  test('none and --quiet write no progress; only --quiet silences notes', () => {
    const none = display({ isTTY: true, progress: 'none' });
    none.at(60_000);
    none.note('hello');
    expect(none.written()).toBe('hello\n');
    const quiet = display({ isTTY: true, quiet: true });
    quiet.at(60_000);
    quiet.note('hello');
    expect(quiet.written()).toBe('');
  });

  test('a note takes the live line away first', () => {
    const shown = display({ isTTY: true });
    shown.at(200);
    shown.note('float64 was rounded');
    expect(shown.written().endsWith('\r\x1b[Kfloat64 was rounded\n')).toBe(true);
  });
});

describe('formatting', () => {
  test('a progress line says how far, how fast, the radius and the time left', () => {
    expect(formatProgress(progress)).toBe(
      'k-centers: 1,234 of 7,000 picks (17 %), 617 picks/s, radius 12.35, 9 s left',
    );
    expect(formatProgress({ ...progress, done: 0, radius: Infinity, remainingMs: undefined })).toBe(
      'k-centers: 0 of 7,000 picks (0 %)',
    );
    // What an earlier run had finished took this one no time.
    expect(formatProgress({ ...progress, resumed: 1_000 })).toContain('(17 %), 117 picks/s, ');
    expect(formatProgress({ ...progress, detail: 'loss 0.3', radius: undefined })).toContain(', loss 0.3, ');
  });

  test.each([
    [0, '1 s'],
    [59.4, '59 s'],
    [75, '1 min 15 s'],
    [7_300, '2 h 1 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test('bytes and counts', () => {
    expect([0, 1023, 1536, 17_920_000, 3 * 1024 ** 4].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '17.1 MiB',
      '3.0 TiB',
    ]);
    expect([1, 999, 1_000, 1_281_167].map(withCommas)).toEqual(['1', '999', '1,000', '1,281,167']);
  });
});
