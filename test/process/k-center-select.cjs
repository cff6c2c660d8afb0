// A selection with a checkpoint in a process of its own, to be killed. Runs dist/; argv: features, budget, checkpoint, out.
const { writeFileSync } = require('node:fs');
const { kCenterGreedy } = require('../../dist/native/k-center-greedy.js');

const [features, budget, path, out] = process.argv.slice(2);
kCenterGreedy(features, { budget: Number(budget), start: 0, checkpoint: { path, everyMs: 1 } }).then(
  ({ indices, radii, stats }) => {
    writeFileSync(
      out,
      JSON.stringify({ indices: [...indices], radii: [...radii.subarray(1)], resumed: stats.resumedPicks }),
    );
  },
  (error) => {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  },
);
