import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import { SvpError } from '../errors';

/** Width of an average character as a share of the font size, on the wide side, for lack of a canvas to measure on. */
export const CHARACTER_WIDTH = 0.6;

/**
 * What the worker runs. Vega is published as ES modules only, and takes half a second to load: a worker keeps that off
 * the event loop, its global settings out of the caller's process, and its memory only for as long as it draws. The
 * source is a string so that every host that can run this file (the CommonJS build, a test runner that compiles
 * TypeScript itself) starts the same worker with Node's own `import()`.
 */
const WORKER_SOURCE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const draw = async ({ vegaUrl, vegaLiteUrl, specs, characterWidth }) => {
    const [vega, vegaLite] = await Promise.all([import(vegaUrl), import(vegaLiteUrl)]);
    vega.textMetrics.width = (item, text) => String(text ?? '').length * vega.fontSize(item) * characterWidth;
    const quiet = { level() { return this; }, error() { return this; }, warn() { return this; }, info() { return this; }, debug() { return this; } };
    const drawings = [];
    for (const spec of specs) {
      const compiled = vegaLite.compile(spec, { logger: quiet }).spec;
      const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: quiet });
      drawings.push(await view.toSVG());
      view.finalize();
    }
    return drawings;
  };
  draw(workerData).then(
    (drawings) => parentPort.postMessage({ drawings }),
    (error) => parentPort.postMessage({ problem: String((error && error.stack) || error) }),
  );
`;

/** Where the worker finds a package: the file that this package's own resolution gives, as a URL. */
function moduleUrl(name: string): string {
  try {
    return pathToFileURL(require.resolve(name)).href;
  } catch (cause) {
    throw new SvpError(
      'SVP_E_RUNTIME',
      `The package ${name}, which draws the report's charts, is not installed. Run npm install (or npm start) in the package's folder.`,
      { cause },
    );
  }
}

/**
 * Draws Vega-Lite charts as static SVG, in a worker thread and without a DOM.
 * @param specs plain data (no functions); sizes are theirs
 * @returns one SVG document each, in order
 * @throws SvpError SVP_E_RUNTIME if Vega is not installed, SVP_E_INTERNAL if a chart cannot be drawn
 */
export async function renderSvgs(specs: readonly TopLevelSpec[]): Promise<string[]> {
  if (specs.length === 0) return [];
  const workerData = {
    vegaUrl: moduleUrl('vega'),
    vegaLiteUrl: moduleUrl('vega-lite'),
    specs,
    characterWidth: CHARACTER_WIDTH,
  };
  const worker = new Worker(WORKER_SOURCE, { eval: true, workerData, execArgv: [] });
  try {
    return await new Promise<string[]>((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(
          new SvpError('SVP_E_INTERNAL', `The report's charts could not be drawn: ${String(cause)}`, {
            cause,
          }),
        );
      worker.once('message', (message: { drawings?: string[]; problem?: string }) => {
        if (message.drawings !== undefined) resolve(message.drawings);
        else fail(message.problem);
      });
      worker.once('error', fail);
      worker.once('exit', (code) => fail(`the drawing worker ended early with code ${code}`));
    });
  } finally {
    await worker.terminate();
  }
}
