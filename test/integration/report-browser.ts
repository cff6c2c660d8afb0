/// <reference lib="dom" />
/**
 * A real browser for the tests of pages: opened from the file system, watched for errors and requests. Needs Debian's
 * `chromium` (or another one, named by the variable CHROMIUM).
 */
import { existsSync, promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
const present = existsSync(browser);
export const inBrowser = present ? test : test.skip;
export const named = (title: string) =>
  present ? title : `${title} (skipped: there is no Chromium at ${browser})`;

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

let folder: string;
let pages = 0;
let context: BrowserContext | undefined;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-report-'));
  if (!present) return;
  context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath: browser,
    headless: true,
    args: FLAGS,
  });
});

afterAll(async () => {
  await context?.close();
  await fs.rm(folder, { recursive: true, force: true });
});

export interface Visit {
  page: Page;
  url: string;
  /** Errors, warnings and failed requests, as text. */
  troubles: string[];
  requests: string[];
}

/** Opens a page as a reader would, from a file. */
export async function visitPage(content: string, viewport = WIDE): Promise<Visit> {
  const file = path.join(folder, `page-${++pages}.html`);
  await fs.writeFile(file, content);
  const url = pathToFileURL(file).href;
  const page = await context!.newPage();
  const troubles: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => troubles.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewportSize(viewport);
  await page.goto(url, { waitUntil: 'load' });
  return { page, url, troubles, requests };
}

/** What is drawn in the charts that are visible, measured in the page. */
export function chartsOf(page: Page) {
  return page.evaluate(() => {
    const shown = [...document.querySelectorAll<SVGSVGElement>('figure.chart > svg')].filter(
      (svg) => svg.getBoundingClientRect().width > 0,
    );
    return shown.map((svg) => {
      const area = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll('text')]
        .filter((text) => (text.textContent ?? '') !== '' && Number(getComputedStyle(text).opacity) > 0)
        .map((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          return { text: text.textContent ?? '', left, right, top, bottom };
        });
      const marks = [...svg.querySelectorAll('.mark-line path, .mark-symbol path, .mark-rect path')].filter(
        (mark) => {
          const box = mark.getBoundingClientRect();
          return box.width + box.height > 1;
        },
      );
      const colours = new Set(
        marks.flatMap((mark) => [getComputedStyle(mark).fill, getComputedStyle(mark).stroke]),
      );
      return {
        id: svg.closest('figure')!.id,
        label: svg.getAttribute('aria-label') ?? '',
        area: { left: area.left, right: area.right, top: area.top, bottom: area.bottom },
        marks: marks.length,
        colours: colours.size,
        texts,
      };
    });
  });
}

export type Chart = Awaited<ReturnType<typeof chartsOf>>[number];

/** Pairs of texts of one chart that cover each other, and texts that leave their chart. */
export function collisions(chart: Chart): string[] {
  const found: string[] = [];
  const { area, texts } = chart;
  for (const [i, a] of texts.entries()) {
    if (
      a.left < area.left - 1 ||
      a.right > area.right + 1 ||
      a.top < area.top - 1 ||
      a.bottom > area.bottom + 1
    ) {
      found.push(`${chart.id}: "${a.text}" leaves the chart`);
    }
    for (const b of texts.slice(i + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      // Line boxes are higher than their letters: neighbours may touch by a quarter of a line.
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 1 && height > 0.25 * (a.bottom - a.top)) {
        found.push(`${chart.id}: "${a.text}" covers "${b.text}"`);
      }
    }
  }
  return found;
}
