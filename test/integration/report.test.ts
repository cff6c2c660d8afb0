/// <reference lib="dom" />
/**
 * The report as a reader meets it: opened from the file system in a real browser, in both colour schemes, on a wide
 * and a narrow screen, and on paper. Needs Debian's `chromium` (or another one, named by the variable CHROMIUM).
 */
import type { CoreSetRecord } from '../../src/core/run-record';
import { renderCoreSetReport } from '../../src/report/core-set-report';
import { makeCoreSetRecord, withAccuracy } from '../fixtures/core-set-record/make-record';
import { chartsOf, collisions, inBrowser, named, PHONE, visitPage, WIDE } from './report-browser';

const visit = async (record: CoreSetRecord, viewport = WIDE) =>
  visitPage(await renderCoreSetReport(record), viewport);

inBrowser(named('shows table, charts and pictures from a file, with no error and no request'), async () => {
  const record = makeCoreSetRecord();
  const { page, url, troubles, requests } = await visit(record);
  expect(await page.locator('table.results tbody tr').count()).toBe(record.rows.length);
  expect(await page.locator('table.results thead th').count()).toBe(9);
  expect(await page.locator('table.results caption').textContent()).toContain('Fashion-MNIST');

  const charts = await chartsOf(page);
  expect(charts.map((chart) => chart.id)).toEqual(['learning-curves', 'trade-off', 'time-bars']);
  const marks = Object.fromEntries(charts.map((chart) => [chart.id, chart.marks]));
  // Six lines and 6 × 5 points; six points; the parts of the bars and their ticks.
  expect(marks['learning-curves']).toBe(6 + 30);
  expect(marks['trade-off']).toBe(6);
  expect(marks['time-bars']).toBeGreaterThanOrEqual(6 + 8);
  for (const chart of charts) {
    expect(chart.colours).toBeGreaterThanOrEqual(3);
    expect(chart.label).toMatch(/\d/);
    expect(collisions(chart)).toEqual([]);
  }

  const pictures = await page.evaluate(() =>
    [...document.images].map((image) => ({ width: image.naturalWidth, shown: image.width, alt: image.alt })),
  );
  expect(pictures).toHaveLength(4 * 2 * 16);
  for (const picture of pictures) {
    expect(picture.width).toBe(28);
    expect(picture.shown).toBeGreaterThan(28);
    expect(picture.alt).toMatch(/, image \d+$/);
  }
  expect(troubles).toEqual([]);
  expect(requests.filter((request) => request !== url && !request.startsWith('data:'))).toEqual([]);
  await page.close();
});

inBrowser(named('the picture that the browser decodes has the pixels of the record'), async () => {
  const record = makeCoreSetRecord();
  const { page } = await visit(record);
  const drawn = await page.evaluate(() => {
    const image = document.images[0];
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const drawing = canvas.getContext('2d')!;
    drawing.drawImage(image, 0, 0);
    return [...drawing.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
  });
  expect(drawn).toEqual([...Buffer.from(record.galleries[0].keptFirst[0].pixels, 'base64')]);
  await page.close();
});

inBrowser(named('labels keep apart where the accuracies of all subsets are nearly the same'), async () => {
  let record = makeCoreSetRecord();
  record = withAccuracy(record, 'forgetting-events', 'proxy', 0.9051);
  record = withAccuracy(record, 'entropy', 'proxy', 0.9047);
  record = withAccuracy(record, 'k-centers', 'proxy', 0.9049);
  record = withAccuracy(record, 'forgetting-events', 'target', 0.905);
  const { page } = await visit(record);
  expect((await chartsOf(page)).flatMap(collisions)).toEqual([]);
  await page.close();
});

inBrowser(
  named('a phone gets narrow charts, nothing scrolls sideways but the tables, and no label is lost'),
  async () => {
    const { page, troubles } = await visit(makeCoreSetRecord(), PHONE);
    const [inner, whole] = await page.evaluate(() => [
      window.innerWidth,
      document.documentElement.scrollWidth,
    ]);
    expect(whole).toBe(inner);
    const charts = await chartsOf(page);
    expect(charts).toHaveLength(3);
    for (const chart of charts) {
      expect(chart.area.right).toBeLessThanOrEqual(PHONE.width);
      expect(chart.marks).toBeGreaterThan(0);
      expect(collisions(chart)).toEqual([]);
    }
    expect(await page.locator('.legend.narrow-only').first().isVisible()).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  },
);

inBrowser(named('text and lines stand out from the page in the light and in the dark scheme'), async () => {
  const { page } = await visit(makeCoreSetRecord());
  const worst: Record<string, number> = {};
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const contrasts = await page.evaluate(() => {
      const luminance = (colour: string) => {
        const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
          const c = Number(part) / 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = luminance(getComputedStyle(document.body).backgroundColor);
      const contrast = (colour: string) => {
        const l = luminance(colour);
        return (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05);
      };
      const visible = (element: Element) => element.getBoundingClientRect().width > 0;
      const texts = [...document.querySelectorAll('h1,h2,h3,p,li,td,th,dt,dd,caption,summary')].filter(
        visible,
      );
      const labels = [...document.querySelectorAll('figure.chart svg text')].filter(visible);
      const lines = [...document.querySelectorAll('figure.chart svg .mark-line path')].filter(visible);
      return {
        text: Math.min(
          ...texts.map((element) => contrast(getComputedStyle(element).color)),
          ...labels.map((element) => contrast(getComputedStyle(element).fill)),
        ),
        line: Math.min(...lines.map((element) => contrast(getComputedStyle(element).stroke))),
      };
    });
    worst[`${colorScheme} text`] = contrasts.text;
    worst[`${colorScheme} line`] = contrasts.line;
  }
  // Web Content Accessibility Guidelines, AA: 4.5 for text, 3 for graphics.
  expect(worst['light text']).toBeGreaterThanOrEqual(4.5);
  expect(worst['dark text']).toBeGreaterThanOrEqual(4.5);
  expect(worst['light line']).toBeGreaterThanOrEqual(3);
  expect(worst['dark line']).toBeGreaterThanOrEqual(3);
  await page.close();
});

inBrowser(named('paper is light in either scheme, with the whole table on it'), async () => {
  const { page } = await visit(makeCoreSetRecord(), { width: 673, height: 900 });
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  const print = await page.evaluate(() => ({
    ground: getComputedStyle(document.body).backgroundColor,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
  }));
  expect(print).toEqual({ ground: 'rgb(255, 255, 255)', overflow: 0 });
  await page.close();
});

inBrowser(named('markup in the names of classes and methods is shown, not run'), async () => {
  const evil = `"><script>window.hacked=1</script><img src=x onerror=alert(1)>`;
  const record = makeCoreSetRecord({ command: evil });
  record.dataset = { ...record.dataset, name: evil, classNames: [evil] };
  record.rows = record.rows.map((row, i) => (i === 2 ? { ...row, method: evil } : row));
  record.galleries = record.galleries.map((gallery) => ({
    ...gallery,
    keptFirst: gallery.keptFirst.map((image) => ({ ...image, className: evil })),
  }));
  const { page, url, troubles, requests } = await visit(record);
  const state = await page.evaluate(() => ({
    hacked: 'hacked' in window,
    scripts: document.scripts.length,
    handlers: document.querySelectorAll('[onerror]').length,
    alt: document.images[0].alt,
  }));
  expect(state).toMatchObject({ hacked: false, scripts: 0, handlers: 0 });
  expect(state.alt).toContain(evil);
  expect(troubles).toEqual([]);
  expect(requests.filter((request) => request !== url && !request.startsWith('data:'))).toEqual([]);
  await page.close();
});
