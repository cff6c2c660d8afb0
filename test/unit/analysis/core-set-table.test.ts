import { coreSetFigures } from '../../../src/analysis/core-set-figures';
import { coreSetTable, formatCoreSetTable } from '../../../src/analysis/core-set-table';
import { makeCoreSetRecord, makeRow, withAccuracy } from '../../fixtures/core-set-record/make-record';

test('the cells are the figures worked out by hand', () => {
  const { rows } = coreSetTable(makeCoreSetRecord());
  expect(rows.map((row) => Object.values(row.cells))).toEqual([
    // subset, images, accuracy, against random, selector training, selection, target training, end to end, speed-up
    ['full pool', '60,000', '92.14', '—', '—', '—', '97.4', '97.4', '1.00'],
    ['random', '30,000', '90.48', '—', '—', '<0.1', '48.9', '48.9', '1.99'],
    ['entropy (proxy)', '30,000', '90.79', '+0.31', '14.2', '3.4', '49.1', '66.7', '1.46'],
    ['forgetting events (proxy)', '30,000', '91.52', '+1.04', '14.2', '<0.1', '48.7', '62.9', '1.55'],
    ['k-centers (proxy)', '30,000', '90.31', '−0.17', '14.2', '21.6', '49.3', '85.1', '1.14'],
    ['forgetting events (oracle)', '30,000', '91.66', '+1.18', '97.4', '<0.1', '48.8', '146.2', '0.67'],
  ]);
});

test('best are the most accurate subset and the fastest proxy method, the full pool and random not counted', () => {
  const best = coreSetTable(makeCoreSetRecord()).rows.map((row) => row.best);
  expect(best).toEqual([[], [], [], ['endToEnd', 'speedUp'], [], ['accuracy']]);
});

test('subsets that tie are all best', () => {
  const record = withAccuracy(makeCoreSetRecord(), 'random', 'none', 0.9166);
  const marked = coreSetFigures(record).subsets.filter((subset) => subset.bestAccuracy);
  expect(marked.map((subset) => subset.label)).toEqual(['random', 'forgetting events (oracle)']);
});

test('one unit serves the whole table', () => {
  const record = makeCoreSetRecord();
  record.rows = [
    makeRow('full', 'none', 60_000, 0.92, [0, 0, 7200], 7200),
    makeRow('random', 'none', 30_000, 0.91, [0, 0.2, 3600], 7200),
  ];
  const table = coreSetTable(record);
  expect(table.columns.find((column) => column.key === 'endToEnd')?.unit).toBe('min');
  expect(table.rows.map((row) => row.cells.endToEnd)).toEqual(['120.0', '60.0']);
});

test('the record is not changed', () => {
  const record = makeCoreSetRecord();
  const before = JSON.stringify(record);
  coreSetTable(record);
  expect(JSON.stringify(record)).toBe(before);
});

describe('as text', () => {
  const text = formatCoreSetTable(makeCoreSetRecord());

  test('decimal points stand below each other', () => {
    const rows = text
      .split('\n')
      .filter((line) => /^(full|random|entropy|forgetting|k-centers).*\d$|\*$/.test(line));
    const body = rows.filter((line) => /30,000|60,000/.test(line));
    expect(body).toHaveLength(6);
    const places = body.map((line) => {
      const at: number[] = [];
      // Accuracy is the second number, end to end and speed-up the last two.
      for (const match of line.matchAll(/\d+\.\d+/g)) at.push(match.index + match[0].indexOf('.'));
      return [at[0], at[at.length - 2], at[at.length - 1]];
    });
    for (const place of places) expect(place).toEqual(places[0]);
  });

  test('no line is wider than a usual terminal of 110 columns, and none ends in spaces', () => {
    for (const line of text.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(110);
      expect(line).toBe(line.trimEnd());
    }
  });

  test('it has headings with units, marks, the verdict, and no colour unless asked', () => {
    expect(text).toContain('62.9*');
    expect(text).toContain('91.66*');
    expect(text).toMatch(/accuracy/);
    expect(text).toMatch(/points\s+s\s+s\s+s\s+s\s+×/);
    expect(text).toContain('Choosing by forgetting events on the proxy beat random by 1.04 points');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u00a0');
    expect(formatCoreSetTable(makeCoreSetRecord(), { colour: true })).toContain('\u001b[1m');
  });

  test('control characters of a name do not reach the terminal', () => {
    const record = makeCoreSetRecord();
    record.rows[2] = { ...record.rows[2], method: 'evil\u001b[2J' };
    record.target = { ...record.target, arch: 'a\u0007b' };
    expect(formatCoreSetTable(record)).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
