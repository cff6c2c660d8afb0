import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..');
const entry = path.join(root, 'dist', 'index.js');

/** What users can import by name; a change here is a change of the package's promise. */
const VALUES = [
  'ERROR_CODES',
  'FastTextCorpus',
  'FastTextModel',
  'ForgettingTracker',
  'SvpError',
  'TopK',
  'activeLearning',
  'archNames',
  'committeeUncertainty',
  'coreSet',
  'correlate',
  'createModel',
  'datasetNames',
  'doctor',
  'exportOnnx',
  'findMethod',
  'forgettingPerEpoch',
  'formatIndexFile',
  'isSvpError',
  'kCenterGreedy',
  'kCenterGreedyStream',
  'loadCheckpoint',
  'loadDataset',
  'loadExamples',
  'loadFastText',
  'methodNames',
  'methods',
  'modelFromCheckpoint',
  'npzNames',
  'openImageFolder',
  'openTextPool',
  'pairwiseDistances',
  'parseBudget',
  'pearson',
  'quickstart',
  'rankDescending',
  'readIndexFile',
  'readNpy',
  'readNpyMatrix',
  'readNpyVector',
  'readNpzMember',
  'readTextCorpus',
  'registerArchitecture',
  'renderCoreSetReport',
  'report',
  'saveCheckpoint',
  'scorePool',
  'select',
  'selectionView',
  'spearman',
  'sweep',
  'textCorpus',
  'train',
  'trainFastText',
  'trainModel',
  'uncertainty',
  'verifySelection',
  'writeIndexFile',
  'writeNpy',
];

/** The report of a child process that has just imported the package: its names, its modules and its shared libraries. */
interface Seen {
  names: string[];
  types: Record<string, string>;
  modules: string[];
  libraries: string[];
}

const LOOK = `
const look = (surface) => {
  // What Node adds to the names of a CommonJS module that is imported.
  const added = ['default', 'module.exports', '__esModule'];
  const names = Object.keys(surface).filter((name) => !added.includes(name)).sort();
  const cache = require('node:module')._cache;
  process.report.excludeNetwork = true;
  const libraries = process.report.getReport().sharedObjects;
  const types = Object.fromEntries(names.map((name) => [name, typeof surface[name]]));
  process.stdout.write(JSON.stringify({ names, types, modules: Object.keys(cache), libraries }));
};
`;

function importIn(code: string): Seen {
  const result = spawnSync(process.execPath, ['-e', `${LOOK}\n${code}`], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as Seen;
}

describe('the public surface', () => {
  let required: Seen;
  let imported: Seen;

  beforeAll(() => {
    if (!existsSync(entry)) throw new Error('dist/ is not compiled: run `npm run setup` first');
    required = importIn("look(require('selection-via-proxy'));");
    imported = importIn("import('selection-via-proxy').then(look);");
  });

  test('has exactly the promised names by require', () => {
    expect(required.names).toEqual(VALUES);
  });

  test('has the same names, one by one, in an ES module', () => {
    expect(imported.names).toEqual(VALUES);
  });

  test('gives functions and classes, and the catalogue as an object', () => {
    const others = VALUES.filter((name) => required.types[name] !== 'function');
    expect(others.map((name) => [name, required.types[name]])).toEqual([['ERROR_CODES', 'object']]);
  });

  test('loads neither TensorFlow nor ONNX Runtime nor the addon', () => {
    const heavy = /node_modules.*(?:tensorflow|tfjs|onnxruntime)|libtensorflow|libonnxruntime|\.node$/;
    for (const seen of [required, imported]) {
      expect(seen.modules.length).toBeGreaterThan(0);
      expect([...seen.modules, ...seen.libraries].filter((name) => heavy.test(name))).toEqual([]);
    }
  });

  test('loads them when a call needs them, so the check above can see them', () => {
    const seen = importIn(`
      const { pairwiseDistances } = require('selection-via-proxy');
      const a = { data: Float32Array.of(0, 0, 3, 4), rows: 2, columns: 2 };
      Promise.resolve(pairwiseDistances(a, a)).then(() => look(require('selection-via-proxy')));
    `);
    expect([...seen.modules, ...seen.libraries].some((name) => name.endsWith('svp.node'))).toBe(true);
  });
});
