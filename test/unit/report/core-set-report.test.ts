import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { CoreSetRecord } from '../../../src/core/run-record';
import { renderCoreSetReport, writeCoreSetReport } from '../../../src/report/core-set-report';
import { evenColumns, IMAGES_PER_SIDE } from '../../../src/report/gallery';
import { makeCoreSetRecord, makeGallery } from '../../fixtures/core-set-record/make-record';

const EVIL = `"><script>window.hacked=1</script><img src=x onerror=alert('1')>`;

test('the page holds the table, the charts, the pictures and how it was made', async () => {
  const page = await renderCoreSetReport(makeCoreSetRecord());
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain('<h1>Fashion-MNIST: keeping 50\u00a0% of 60,000 images</h1>');
  expect(page).toContain('Choosing by forgetting events on the proxy beat random by 1.04\u00a0points');
  expect(page.match(/<svg class="(wide|narrow)"/g)).toHaveLength(6);
  expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(4 * 2 * 16);
  expect(page).toContain('svp quickstart --seed 1');
  expect(page).toContain('AMD EPYC 7B13');
  expect(page).toContain('272,186 parameters');
});

test('the same record gives the same page', async () => {
  const [a, b] = await Promise.all([
    renderCoreSetReport(makeCoreSetRecord()),
    renderCoreSetReport(makeCoreSetRecord()),
  ]);
  expect(a).toBe(b);
});

test('nothing in the page points outside it, and there is no script', async () => {
  const page = await renderCoreSetReport(makeCoreSetRecord());
  // The SVG namespace is a name, not an address.
  const text = page
    .replaceAll('xmlns="http://www.w3.org/2000/svg"', '')
    .replaceAll('xmlns:xlink="http://www.w3.org/1999/xlink"', '');
  const leads = /https?:|["'(]\/\/|<script|@import|<iframe|<object/i.exec(text);
  expect(leads?.[0]).toBeUndefined();
  for (const [, target] of text.matchAll(/(?:src|href)="([^"]*)"/g)) expect(target).toMatch(/^(data:|#)/);
  for (const [, target] of text.matchAll(/url\(([^)]*)\)/g)) expect(target).toMatch(/^#/);
});

test('whatever text a record brings is shown as text', async () => {
  const record = makeCoreSetRecord({ command: `svp ${EVIL}` });
  record.dataset = { ...record.dataset, name: EVIL, classNames: [EVIL] };
  record.machine = { ...record.machine, processor: EVIL, platform: EVIL, node: EVIL };
  record.proxy = { ...record.proxy, arch: EVIL };
  record.target = { ...record.target, arch: EVIL };
  record.rows = record.rows.map((row, i) => (i === 2 ? { ...row, method: EVIL } : row));
  record.galleries = record.galleries.map((gallery) => ({
    method: EVIL,
    keptFirst: gallery.keptFirst.map((image) => ({ ...image, className: EVIL })),
    droppedFirst: gallery.droppedFirst,
  }));
  const page = await renderCoreSetReport(record);
  expect(/<script|<img src=x/i.test(page)).toBe(false);
  expect(page).toContain('&lt;script&gt;window.hacked=1&lt;/script&gt;');
});

test('methods that share a name with a property of every object are methods like others', async () => {
  const record = makeCoreSetRecord();
  record.rows[2] = { ...record.rows[2], method: 'constructor' };
  record.galleries = [makeGallery('constructor', 2, record.dataset)];
  expect(await renderCoreSetReport(record)).toContain('Constructor');
});

test('colour pictures, and more of them than are shown, stay within the weight of a page', async () => {
  const size = { height: 32, width: 32, channels: 3 };
  const record = makeCoreSetRecord({
    galleries: ['random', 'entropy', 'forgetting-events', 'k-centers'].map((m) => makeGallery(m, 100, size)),
  });
  record.dataset = { ...record.dataset, name: 'cifar10', ...size };
  const page = await renderCoreSetReport(record);
  expect(page).toContain(`The first ${IMAGES_PER_SIDE} of 100 are shown.`);
  expect(Buffer.byteLength(page)).toBeLessThan(2e6);
});

test.each<[string, (record: CoreSetRecord) => CoreSetRecord]>([
  ['one epoch', (r) => ({ ...r, rows: r.rows.map((row) => ({ ...row, curve: row.curve.slice(-1) })) })],
  ['no learning curves', (r) => ({ ...r, rows: r.rows.map((row) => ({ ...row, curve: [] })) })],
  ['no galleries', (r) => ({ ...r, galleries: [] })],
  ['empty galleries', (r) => ({ ...r, galleries: [{ method: 'random', keptFirst: [], droppedFirst: [] }] })],
  ['only the full pool', (r) => ({ ...r, rows: r.rows.slice(0, 1) })],
  ['no random row', (r) => ({ ...r, rows: r.rows.filter((row) => row.method !== 'random') })],
  [
    'times of zero',
    (r) => ({
      ...r,
      rows: r.rows.map((row) => ({
        ...row,
        targetTrainSeconds: 0,
        selectorTrainSeconds: 0,
        selectionSeconds: 0,
        endToEndSeconds: 0,
        speedUp: 1,
      })),
    }),
  ],
  [
    'perfect accuracy',
    (r) => ({
      ...r,
      rows: r.rows.map((row) => ({
        ...row,
        testAccuracy: 1,
        curve: row.curve.map((e) => ({ ...e, testAccuracy: 1 })),
      })),
    }),
  ],
])('%s: still a page, without a figure that is none', async (_name, change) => {
  const page = await renderCoreSetReport(change(makeCoreSetRecord()));
  expect(page).toContain('</html>');
  expect(page.replace(/base64,[^"]*/g, '')).not.toMatch(/NaN|Infinity|undefined|\[object/);
});

test('without test accuracies along the way, the curves are of training accuracy and say so', async () => {
  const record = makeCoreSetRecord();
  for (const row of record.rows) {
    row.curve = row.curve.map(({ testAccuracy, ...epoch }, i) =>
      i === 4 ? { ...epoch, testAccuracy } : epoch,
    );
  }
  const page = await renderCoreSetReport(record);
  expect(page).toContain('Training accuracy of preact20 after each epoch');
});

test('the last row of a gallery is as full as can be', () => {
  expect(evenColumns(24, [5, 6, 7, 8])).toBe(8);
  expect(evenColumns(10, [5, 6, 7, 8])).toBe(5);
  expect(evenColumns(12, [5, 6, 7, 8])).toBe(6);
  expect(evenColumns(16, [4, 5])).toBe(4);
});

describe('writeCoreSetReport', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-report-'));
  });
  afterEach(async () => {
    await fs.rm(folder, { recursive: true, force: true });
  });

  test('writes report.html into the run folder, or where it is told', async () => {
    await fs.writeFile(path.join(folder, 'core-set.json'), JSON.stringify(makeCoreSetRecord()));
    const file = await writeCoreSetReport(folder);
    expect(file).toBe(path.join(folder, 'report.html'));
    expect(await fs.readFile(file, 'utf8')).toBe(await renderCoreSetReport(makeCoreSetRecord()));
    const other = path.join(folder, 'other.html');
    expect(await writeCoreSetReport(path.join(folder, 'core-set.json'), other)).toBe(other);
    expect((await fs.readdir(folder)).sort()).toEqual(['core-set.json', 'other.html', 'report.html']);
  });

  test('a damaged record leaves no report', async () => {
    await fs.writeFile(path.join(folder, 'core-set.json'), '{"version":1}');
    await expect(writeCoreSetReport(folder)).rejects.toMatchObject({ code: 'SVP_E_FORMAT' });
    expect(await fs.readdir(folder)).toEqual(['core-set.json']);
  });
});
