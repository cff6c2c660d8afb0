import { promises as fs } from 'node:fs';
import { RunJournal } from '../../../src/experiments/run-journal';
import { temporaryFolder } from '../../process/training-folder';

const folder = temporaryFolder();

test('events are found again, also by another process', async () => {
  const file = folder.path('events.ndjson');
  const first = await RunJournal.open(file);
  await first.append('started');
  await first.append('selected', { round: 1, rows: 'a' });
  await first.append('selected', { round: 1, rows: 'b' });
  const second = await RunJournal.open(file);
  expect(second.find('selected', { round: 1 })).toMatchObject({ rows: 'b' });
  expect(second.find('selected', { round: 2 })).toBeUndefined();
  await second.append('finished');
  expect((await fs.readFile(file, 'utf8')).trim().split('\n')).toHaveLength(4);
});

test('a torn last line is dropped, and the next event begins a line', async () => {
  const file = folder.path('torn.ndjson');
  await fs.writeFile(file, '{"event":"started","time":"","elapsed":0}\n{"event":"sel');
  const journal = await RunJournal.open(file);
  expect(journal.events).toHaveLength(1);
  await journal.append('selected', { round: 1 });
  expect((await RunJournal.open(file)).events.map((e) => e.event)).toEqual(['started', 'selected']);
});

test.each(['[]', 'null', '{"event":3}', '{"event":"a"}', 'x'])(
  'a damaged line in the middle is told: %s',
  async (line) => {
    const file = folder.path('damaged.ndjson');
    await fs.writeFile(file, `${line}\n{"event":"started","time":"","elapsed":0}\n`);
    await expect(RunJournal.open(file)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT', row: 0 });
  },
);

test('the time of a run is that of all its sessions', async () => {
  const file = folder.path('times.ndjson');
  const event = (name: string, elapsed: number) => `${JSON.stringify({ event: name, time: '', elapsed })}\n`;
  await fs.writeFile(
    file,
    event('started', 0) + event('trained', 7) + event('started', 0) + event('trained', 5),
  );
  const journal = await RunJournal.open(file);
  await journal.append('started');
  expect(journal.totalSeconds()).toBeGreaterThanOrEqual(12);
  expect(journal.totalSeconds()).toBeLessThan(20);
});

test('a run without a folder keeps its events to itself', async () => {
  const journal = RunJournal.inMemory();
  await journal.append('selected', { round: 1 });
  expect(journal.find('selected')).toBeDefined();
});
