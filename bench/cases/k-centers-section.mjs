// The k-centers section of docs/BENCHMARKS.md. Pure.
import { markdownTable } from '../table.mjs';
import { describeAgreement, RADIUS_TOLERANCE } from './k-centers-answers.mjs';

const significant = (value) => Number(value.toPrecision(3)).toLocaleString('en-US');

/** 0.0123 → '12.3 ms', 45 → '45 s', 20000 → '5.56 h' */
export function formatSeconds(seconds) {
  if (seconds < 1) return `${significant(1000 * seconds)} ms`;
  if (seconds < 600) return `${significant(seconds)} s`;
  if (seconds < 7200) return `${significant(seconds / 60)} min`;
  return `${significant(seconds / 3600)} h`;
}

const formatBytes = (bytes) => (bytes === undefined ? '' : `${significant(bytes / 1e6)} MB`);
const formatTimes = (ratio) => (ratio === undefined ? '' : `${significant(ratio)} ×`);
const verdict = ({ met }) => (met === undefined ? 'not measured' : met ? 'met' : 'missed');

function caseTable(figures) {
  const rows = figures.subjects.map((s) => [
    s.label,
    s.timedPicks.toLocaleString('en-US'),
    formatSeconds(s.perPickMilliseconds / 1000),
    `${s.extrapolated ? (s.bound ? '≲ ' : '≈ ') : ''}${formatSeconds(s.seconds)}`,
    significant(s.picksPerSecond),
    formatTimes(s.oursIsFasterBy),
    formatBytes(s.peakBytesBesideFeatures),
    s.agreement ? describeAgreement(s.agreement) : '',
  ]);
  const columns = [
    '',
    'picks timed',
    'a pick',
    'all picks',
    'picks/s',
    'ours, 2 threads, is faster by',
    'memory beside the features',
    'answer',
  ];
  return markdownTable(columns, rows);
}

/** Where a run's time went; wake, update and block follow each other, loading comes first. */
function phases({ seconds, phases: of }) {
  const parts = Object.entries(of).map(([name, time]) => `${name} ${formatSeconds(time)}`);
  return `One run of ${formatSeconds(seconds)}: ${parts.join(', ')}.`;
}

function engineLine({ subjects, picks, rows }) {
  const ours = subjects.find(({ id }) => id === 'svp-2');
  if (!ours?.stats) return '';
  const { stats } = ours;
  const share = (value) => `${(100 * value).toPrecision(2)} %`;
  return (
    `Final radius ${ours.radius.toPrecision(6)}. Of all rows × picks, ${share(stats.pairsShare)} went through the filter's ` +
    `product, ${share(stats.refinedShare)} survived it and ${share(stats.exactEvaluations / (rows * picks))} were decided in ` +
    `float64 (${stats.instructionSet}, ${stats.rounds.toLocaleString('en-US')} blocks). ${phases(stats)}`
  );
}

function caseSection(figures) {
  const lines = [engineLine(figures)];
  if (figures.checked) {
    lines.push(
      `Every pick and every bit of the radii of the first ${figures.oraclePicks.toLocaleString('en-US')} equal those of a ` +
        'float64 loop over the whole pool; one and two threads and all runs gave the same answer.',
    );
  }
  return `### ${figures.title}\n\n${caseTable(figures)}\n\n${lines.join(' ')}`.trimEnd();
}

function targetTable(cases, product) {
  const rows = cases.flatMap((figures) => [
    ...figures.targets.map((target) => {
      const label = figures.subjects.find(({ id }) => id === target.against)?.label ?? target.against;
      return [
        figures.title,
        `speed against ${label}`,
        `≥ ${target.wanted} ×`,
        formatTimes(target.measured),
        verdict(target),
      ];
    }),
    ...(figures.twoThreads
      ? [
          [
            figures.title,
            'speed of two threads against one',
            `≥ ${figures.twoThreads.wanted} ×`,
            formatTimes(figures.twoThreads.measured),
            verdict(figures.twoThreads),
          ],
        ]
      : []),
    ...(figures.memory
      ? [
          [
            figures.title,
            'memory beside the features',
            `≤ ${formatBytes(figures.memory.wanted)}`,
            formatBytes(figures.memory.measured),
            verdict(figures.memory),
          ],
        ]
      : []),
  ]);
  if (product) {
    rows.push([
      '(4,096 × 512)·(512 × 512), one thread',
      'product kernel against OpenBLAS sgemm',
      `≥ ${100 * product.wanted} %`,
      `${(100 * product.storeShare).toFixed(0)} %`,
      verdict(product),
    ]);
  }
  return markdownTable(['case', 'what', 'target', 'measured', ''], rows);
}

function productSection(product) {
  const rows = [
    ['OpenBLAS sgemm, B as it is', product.openblas, ''],
    ['OpenBLAS sgemm, B transposed', product.openblasTransposed, ''],
    ['ours, storing', product.store, product.storeShare],
    ['ours, with the minimum in the epilogue', product.filter, product.filterShare],
    ['ours, storing, packing both operands included', product.storeWithPacking, product.packingShare],
  ].map(([label, value, share]) => [
    label,
    value.toFixed(1),
    share === '' ? '' : `${(100 * share).toFixed(0)} %`,
  ]);
  return (
    `### The product kernel\n\n${markdownTable(['', 'GFLOP/s, median', 'of the faster sgemm'], rows)}\n\n` +
    `(4,096 × 512)·(512 × 512) in float32, one thread, ${product.instructionSet}, in turns. The engine packs a center once and ` +
    'multiplies it with many rows. Two threads that share nothing, each with this kernel and operands of its own, do ' +
    `${product.twoThreads.toFixed(2)} × the work of one on this machine: more than that no program can gain from its second processor here.`
  );
}

/**
 * @param record cases, product and growth as of k-centers-figures.mjs, machine, measuredAt
 * @param chart its path from docs/, or undefined
 */
export function section(record, chart) {
  const { cases, product } = record;
  const extrapolated =
    'Every trial is a fresh process with two threads (fpsample has no more than one); its clock starts when the features ' +
    'are in memory, and for this package when the file is in the page cache: reading and checking it is part of our time. ' +
    'Subjects take turns, figures are medians over the trials. ≈: extrapolated from the picks that were timed, of which each ' +
    'costs the same; ≲: the same where later picks cost less. The prototype, the C++ loop and this package made all picks. Memory: the most that the process held at ' +
    'any time less the features; libraries included. Before a time counts, the picks are compared with ours; a rival that ' +
    `decides in float32 may take another row where two are equally far but for rounding, its radii must stay within ${RADIUS_TOLERANCE}.`;
  return [
    '## Greedy k-centers',
    ...(record.quick
      ? ['Small inputs, to try the bench out: the targets are for the full sizes.']
      : [targetTable(cases, product)]),
    extrapolated,
    ...cases.map(caseSection),
    ...(product ? [productSection(product)] : []),
    ...(chart
      ? [
          `### Growth\n\n![Time of a selection against rows, columns and picks](${chart})\n\nOne run each, two threads, from memory: ` +
            'rows of the trained features at 512 columns and 7,000 picks; columns (the first of the trained ones) at 70,000 rows ' +
            'and 7,000 picks; picks of one full ranking of 70,000 × 512.',
        ]
      : []),
    'Features: the last hidden layer of a small network that this package trains on Fashion-MNIST, of its 70,000 images and then ' +
      'of variants with random shifts, flips and erasures; noise: independent standard normal values. apricot-select has no ' +
      'k-centers objective (its facility location needs the n × n matrix), torch-cluster no wheel for this PyTorch: neither could be timed.',
    `Versions: ${record.versions.join(', ')}. Machine: ${record.machine}. Measured ${record.measuredAt.slice(0, 10)} by \`npm run bench -- k-centers --peers\`.`,
  ].join('\n\n');
}
