// What happens to running jobs when their JavaScript environment goes. One scenario a process:
//   node environments.cjs ADDON SCENARIO
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const addonPath = isMainThread ? process.argv[2] : workerData.addonPath;
const scenario = isMainThread ? process.argv[3] : workerData.role;
const addon = require(addonPath);

const rows = 3000;
const columns = 200;
const device = { device: 'cpu', library: '', settings: '' };
const data = new Float32Array(rows * columns).fill(0.5);

/** A pool without structure, so that a selection of all of it takes a while. */
const noise = Float32Array.from({ length: 4000 * 32 }, (_, i) => {
  const mixed = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d);
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 8) / 2 ** 24;
});

function distances() {
  const out = new Float64Array(rows * rows);
  return addon.pairwiseDistances(data, rows, data, rows, columns, false, false, 2, out, '', device);
}

function selection() {
  const budget = 4000;
  const run = { rows: null, budget, initial: new Uint32Array(0), first: Uint32Array.of(0) };
  const options = {
    cosine: false,
    radius: -1,
    threads: 2,
    checkpoint: '',
    checkpointEveryMs: 60_000,
    identity: '',
    instructionSet: '',
    filter: 'automatic',
    filterColumns: 0,
    block: 0,
    wake: 0,
    device,
  };
  const indices = new Uint32Array(budget);
  return addon.kCenterGreedy(noise, 4000, 32, null, [run], options, indices, new Float64Array(budget), null);
}

let started = 0;

/** A few tenths of a second of work on two threads: distances and selections in turn. */
const longJob = () => (started++ % 2 === 0 ? selection() : distances());

async function smallAnswer() {
  const entropy = new Float32Array(1);
  await addon.uncertainty(Float32Array.of(0, 0), 1, 2, 'logits', 1, 1, entropy, null, null, '', device)
    .promise;
  if (entropy[0] !== Math.fround(Math.log(2))) throw new Error(`wrong answer ${entropy[0]}`);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const startWorker = (role) => new Worker(__filename, { workerData: { addonPath, role } });
const ended = (worker) =>
  new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));

const scenarios = {
  // Roles of workers.
  async storm() {
    for (;;) {
      longJob().promise.catch(() => {});
      for (let i = 0; i < 5; i++) await smallAnswer();
    }
  },
  async leave() {
    longJob().promise.catch(() => {});
    await smallAnswer();
    process.exit(3);
  },
  async answer() {
    for (let i = 0; i < 30; i++) await smallAnswer();
    await longJob().promise;
  },

  // Scenarios of the main thread.
  async terminated() {
    const round = async () => {
      const workers = Array.from({ length: 4 }, () => startWorker('storm'));
      await Promise.all(
        workers.map(async (worker, i) => {
          const end = ended(worker);
          // From before the worker has loaded the addon to deep in its jobs.
          await pause(10 + 37 * i);
          await worker.terminate();
          await end;
        }),
      );
      await smallAnswer();
    };
    for (let i = 0; i < 4; i++) await round();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 8; i++) await round();
    console.log(JSON.stringify({ grownMiB: (process.memoryUsage().rss - before) / 2 ** 20 }));
  },
  async workerExit() {
    const codes = await Promise.all(Array.from({ length: 4 }, () => ended(startWorker('leave'))));
    await smallAnswer();
    console.log(JSON.stringify({ codes }));
  },
  async together() {
    const workers = Array.from({ length: 8 }, () => ended(startWorker('answer')));
    await scenarios.answer();
    console.log(JSON.stringify({ codes: await Promise.all(workers) }));
  },
  async exit() {
    for (let i = 0; i < 4; i++) longJob().promise.catch(() => {});
    await pause(30);
    process.exit(7);
  },
  async exitAtOnce() {
    longJob();
    process.exit(7);
  },
  async throwing() {
    longJob();
    await pause(20);
    throw new Error('thrown on purpose');
  },
  // Resident memory after each 10,000 calls, garbage collected.
  async manySmall() {
    const residentMiB = [];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 10_000; i++) await smallAnswer();
      for (let i = 0; i < 3; i++) {
        global.gc();
        await pause(10); // finalizers run between collections
      }
      residentMiB.push(process.memoryUsage().rss / 2 ** 20);
    }
    console.log(JSON.stringify({ residentMiB }));
  },
  // Nobody awaits the promise: the process still stays until the job has ended.
  async unawaited() {
    longJob().promise.then(() => console.log('{"settled":true}'));
  },
  // The handle and the result are garbage while the job runs.
  async collected() {
    for (let i = 0; i < 20; i++) longJob().cancel();
    for (let i = 0; i < 10; i++) {
      longJob().promise.catch(() => {});
      global.gc();
      await pause(5);
    }
    await smallAnswer();
    process.exit(0);
  },
};

scenarios[scenario]();
