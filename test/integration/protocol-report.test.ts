/// <reference lib="dom" />
/** The report of a sweep and the page of correlations as a reader meets them: in a real browser. */
import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { correlate } from '../../src/analysis/correlate';
import { readTrials } from '../../src/analysis/read-trials';
import { Random } from '../../src/core/random';
import { selectionView } from '../../src/experiments/selection-view';
import { renderCorrelationReport } from '../../src/report/correlation-report';
import { renderProtocolReport } from '../../src/report/protocol-report';
import { writeSweep } from '../fixtures/sweep/make-sweep';
import { sampleDataset } from '../unit/experiments/sample-images';
import { chartsOf, collisions, inBrowser, named, PHONE, type Visit, visitPage } from './report-browser';

let folder: string;
let sweep: string;
let single: string;
let correlation: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-sweep-'));
  await writeSweep(folder, { pool: 2000, seeds: [1, 2, 3] });
  const random = new Random(3);
  const signal = Float64Array.from({ length: 400 }, () => random.normal());
  const rankings = ['preact8', 'preact20'].flatMap((model, m) =>
    [1, 2].flatMap((seed) =>
      [1, 2, 3].map((epoch) => ({
        name: `${model}#${seed}@${epoch}`,
        method: 'forgetting-events',
        model,
        seed,
        epoch,
        scores: signal.map((value) => value + ((2 - m) / epoch) * random.normal()),
      })),
    ),
  );
  const compared = await correlate(rankings, { reference: 'preact20' });
  correlation = await renderCorrelationReport(compared, 'svp correlate a b');
  const view = await selectionView(folder, { dataset: sampleDataset(2000), gallery: 4 });
  view.texts.push({
    method: 'entropy',
    keptFirst: [{ index: 4, className: 'spam', text: 'Buy <b>now</b> & win' }],
    droppedFirst: [{ index: 5, className: 'ham', text: 'See you on Monday.' }],
  });
  sweep = await renderProtocolReport(await readTrials([folder]), { view, correlation: compared });
  single = await renderProtocolReport(
    await readTrials([path.join(folder, 'active/k-centers/preact8/seed-1')]),
  );
}, 60_000);

afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** What a page must be on any screen: no error, no request but itself, nothing nameless, nothing sideways. */
async function expectSound({ page, url, troubles, requests }: Visit): Promise<void> {
  expect(troubles).toEqual([]);
  expect(requests.filter((request) => request !== url && !request.startsWith('data:'))).toEqual([]);
  const state = await page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    const name = (element: Element) => {
      const by = element.getAttribute('aria-labelledby');
      return (
        element.getAttribute('aria-label') ??
        (by && document.getElementById(by)?.textContent) ??
        ''
      ).trim();
    };
    return {
      twice: ids.filter((id, i) => ids.indexOf(id) !== i),
      nameless: [
        ...document.querySelectorAll('svg[role=img],[role=region],main section[aria-labelledby]'),
      ].filter((element) => name(element) === '').length,
      captionless: [...document.querySelectorAll('table')].filter((table) => !table.caption?.textContent)
        .length,
      // Each scrolling table can be reached and scrolled by keyboard.
      unreachable: [...document.querySelectorAll<HTMLElement>('.scroll')].filter((box) => box.tabIndex !== 0)
        .length,
      scripts: document.scripts.length,
      sideways: document.documentElement.scrollWidth - window.innerWidth,
      levels: [...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1])),
    };
  });
  const { levels, ...rest } = state;
  expect(rest).toEqual({ twice: [], nameless: 0, captionless: 0, unreachable: 0, scripts: 0, sideways: 0 });
  // No heading skips a level on the way down.
  levels.forEach((level, i) => {
    if (i > 0) expect(level).toBeLessThanOrEqual(levels[i - 1] + 1);
  });
}

inBrowser(
  named('the report of a sweep: tables, charts, map and examples, with no error and no request'),
  async () => {
    const visit = await visitPage(sweep);
    const { page } = visit;
    await expectSound(visit);
    const charts = await chartsOf(page);
    expect(charts.map((chart) => chart.id)).toEqual([
      'accuracy-by-budget',
      'against-random',
      'accuracy-by-time',
      'class-balance',
      'accuracy-by-budget-1',
      'against-random-1',
      'accuracy-by-time-1',
      'class-balance-1',
      'coverage',
      'spearman-0-forgetting-events',
      'pearson-0-forgetting-events',
      'convergence-own-0-forgetting-events',
      'convergence-reference-0-forgetting-events',
    ]);
    for (const chart of charts) {
      expect(chart.label.length).toBeGreaterThan(40);
      expect(collisions(chart)).toEqual([]);
    }
    const marks = Object.fromEntries(charts.map((chart) => [chart.id, chart.marks]));
    // Five lines and 5 × 5 points; 5 × 10 cells.
    expect(marks['accuracy-by-budget']).toBe(5 + 25);
    expect(marks['class-balance']).toBe(50);
    expect(await page.locator('table.protocol').count()).toBe(5 + 6);
    expect(await page.locator('.maps figure').count()).toBe(1 + 9);
    expect(await page.locator('.maps figure svg').first().getAttribute('aria-label')).toMatch(
      /2,000 examples/,
    );
    expect(await page.locator('.gallery img').count()).toBeGreaterThan(16);
    expect(await page.locator('.texts li').first().textContent()).toBe('spamBuy <b>now</b> & win');
    expect(await page.locator('.finding').textContent()).toMatch(
      /^Active learning: Methods beat random in \d+ of 20/,
    );
    await page.close();
  },
);

inBrowser(named('the report of a sweep on a phone'), async () => {
  const visit = await visitPage(sweep, PHONE);
  await expectSound(visit);
  for (const chart of await chartsOf(visit.page)) {
    expect(chart.area.right).toBeLessThanOrEqual(PHONE.width);
    expect(collisions(chart)).toEqual([]);
  }
  await visit.page.close();
});

inBrowser(named('one run alone: says that nothing is known against random'), async () => {
  const visit = await visitPage(single);
  await expectSound(visit);
  expect(await visit.page.locator('.finding').textContent()).toMatch(
    /whether the method beat random is not known/,
  );
  const ids = (await chartsOf(visit.page)).map((chart) => chart.id);
  expect(ids).toEqual(['accuracy-by-budget', 'accuracy-by-time', 'class-balance', 'training-curves']);
  await visit.page.close();
});

inBrowser(named('the page of correlations, wide and narrow, and its cells can be read'), async () => {
  for (const size of [undefined, PHONE]) {
    const visit = await visitPage(correlation, size);
    await expectSound(visit);
    for (const chart of await chartsOf(visit.page)) expect(collisions(chart)).toEqual([]);
    const worst = await visit.page.evaluate(() => {
      const luminance = (colour: string) => {
        const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
          const c = Number(part) / 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const shown = [...document.querySelectorAll('.heat > svg')].filter(
        (svg) => svg.getBoundingClientRect().width > 0,
      );
      return Math.min(
        ...shown.flatMap((svg) => {
          const cells = [...svg.querySelectorAll('.mark-rect.role-mark path')];
          const texts = [...svg.querySelectorAll('.mark-text.role-mark text')];
          return texts.map((text, i) => {
            const [a, b] = [text, cells[i]].map((element) => luminance(getComputedStyle(element).fill));
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          });
        }),
      );
    });
    expect(worst).toBeGreaterThanOrEqual(4.5);
    await visit.page.close();
  }
});

inBrowser(named('dark and on paper: text stands out, paper is light'), async () => {
  const { page } = await visitPage(sweep);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const worst = await page.evaluate(() => {
      const luminance = (colour: string) => {
        const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
          const c = Number(part) / 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (colour: string, ground: string) => {
        const [a, b] = [luminance(colour), luminance(ground)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      };
      const page = getComputedStyle(document.body).backgroundColor;
      const visible = (element: Element) => element.getBoundingClientRect().width > 0;
      const texts = [
        ...document.querySelectorAll('h1,h2,h3,p,li,td,td i,th,dt,dd,caption,summary,figcaption'),
      ];
      const labels = [...document.querySelectorAll('.chart:not(.heat) svg text')];
      const names = [...document.querySelectorAll('.maps text')];
      const panel = getComputedStyle(document.querySelector('.maps svg')!).backgroundColor;
      return Math.min(
        ...texts.filter(visible).map((element) => contrast(getComputedStyle(element).color, page)),
        ...labels.filter(visible).map((element) => contrast(getComputedStyle(element).fill, page)),
        ...names.filter(visible).map((element) => contrast(getComputedStyle(element).fill, panel)),
      );
    });
    expect(worst).toBeGreaterThanOrEqual(4.5);
  }
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
    'rgb(255, 255, 255)',
  );
  await page.close();
});
