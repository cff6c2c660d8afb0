import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { parseOptions, suggestion } from '../core/options';
import { SvpError } from '../errors';
import { findMethod } from '../selection/registry';
import { DEFAULT_TARGET, type Network, networkChangesShape } from './network';
import type { Size } from './protocol-options';
import { type NetworkChanges, resolveNetwork } from './resolve-network';
import { sameNetwork } from './training-identity';

/** One protocol of a sweep: every method with every proxy. */
export interface SweepBlock {
  kind: 'active' | 'core-set';
  /** Names of networks. */
  target: string;
  proxies: string[];
  /** Selection methods' names. */
  methods: string[];
  /** Options of the protocol besides these. */
  options: {
    initialSubset?: Size;
    rounds?: Size[];
    evalTargetAt?: Size[];
    warmStart?: boolean;
    balanced?: boolean;
    scoring?: 'tensorflow' | 'onnx';
    subset?: Size[];
    fullTarget?: boolean;
  };
}

/** A sweep as its configuration says it, checked. */
export interface SweepConfiguration {
  name: string;
  dataset: string;
  /** Folders of images: shorter side in pixels of smaller copies in the cache; see LoadOptions. */
  resizedCache?: number;
  seeds: number[];
  pool?: number;
  test?: number;
  validation?: number | string;
  evaluateEveryEpoch?: boolean;
  networks: Map<string, Network>;
  blocks: SweepBlock[];
  /** As it was read. */
  source: Record<string, unknown>;
}

const size = z.union([z.number(), z.string()]);
const sizes = z.array(size).min(1);
const names = z.array(z.string()).min(1);
const count = z.int().min(1).optional();

const schema = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, 'must be a name of letters, digits, . _ and -')
    .optional(),
  dataset: z.string().optional(),
  'resized-cache': count,
  pool: count,
  test: count,
  validation: z.union([z.number().min(0), z.string()]).optional(),
  'evaluate-every-epoch': z.boolean().optional(),
  seeds: z.array(z.int()).min(1).optional(),
  networks: z.record(z.string(), z.unknown()),
  active: z.unknown().optional(),
  'core-set': z.unknown().optional(),
});

/** Keys of a network as the file spells them: "learning-rates" for learningRates. */
const NETWORK_KEYS = Object.keys(networkChangesShape) as (keyof typeof networkChangesShape)[];
const dashed = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const networkSchema: z.ZodObject = z.object({
  like: z.string().optional(),
  ...Object.fromEntries(NETWORK_KEYS.map((key) => [dashed(key), networkChangesShape[key]])),
  epochs: z.union([z.int().min(0), z.array(z.int().min(0)).min(1)]).optional(),
});

const common = {
  scoring: z.enum(['tensorflow', 'onnx']).optional(),
  target: z.string(),
  proxies: names.optional(),
  methods: names,
  balanced: z.boolean().optional(),
};
const activeSchema = z.object({
  ...common,
  'initial-subset': size.optional(),
  rounds: sizes.optional(),
  'eval-target-at': sizes.optional(),
  'warm-start': z.boolean().optional(),
});
const coreSetSchema = z.object({
  ...common,
  subsets: sizes,
  'initial-subset': size.optional(),
  'full-target': z.boolean().optional(),
});

/**
 * Reads a sweep's configuration: YAML, or JSON, which is YAML.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT naming the line, SVP_E_OPTION naming the key
 */
export async function readSweepConfiguration(file: string): Promise<SweepConfiguration> {
  const text = await fs.readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SvpError(
      'SVP_E_FILE',
      `Cannot read the configuration ${file} (${cause.code}). Check the path.`,
      {
        file,
        cause,
      },
    );
  });
  // Required here: no other call of the package needs it.
  const { parse } = require('yaml') as typeof import('yaml');
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new SvpError('SVP_E_FORMAT', `${file} is not YAML: ${(cause as Error).message.trim()}`, {
      file,
      cause,
    });
  }
  return parseSweepConfiguration(value, file);
}

/** The same of a parsed value. @param where the file's name, for messages and for the sweep's name */
export function parseSweepConfiguration(value: unknown, where: string): SweepConfiguration {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new SvpError('SVP_E_FORMAT', `${where} must be a map with networks and active or core-set.`, {
      file: where,
    });
  }
  const given = parseOptions(schema, value, where);
  const networks = resolvedNetworks(given.networks, where);
  const blocks = [
    ...listed(given.active).map((block, i) => activeBlock(block, `${where}: active${numbered(i)}`)),
    ...listed(given['core-set']).map((block, i) => coreSetBlock(block, `${where}: core-set${numbered(i)}`)),
  ];
  if (blocks.length === 0) {
    throw new SvpError('SVP_E_OPTION', `${where} says nothing to run: add active or core-set.`, {
      file: where,
    });
  }
  for (const block of blocks) checkNames(block, networks, where);
  const optional = {
    pool: given.pool,
    test: given.test,
    validation: given.validation,
    resizedCache: given['resized-cache'],
    evaluateEveryEpoch: given['evaluate-every-epoch'],
  };
  return {
    name: given.name ?? path.basename(where).replace(/\.[^.]*$/, ''),
    dataset: given.dataset ?? 'fashion-mnist',
    seeds: [...new Set(given.seeds ?? [0])],
    ...defined(optional),
    networks,
    blocks,
    source: value as Record<string, unknown>,
  };
}

const numbered = (i: number) => (i === 0 ? '' : ` ${i + 1}`);

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function defined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as Options;
}

/** Each network with everything filled in. `like` takes over what another one says; see resolveNetwork. */
function resolvedNetworks(given: Record<string, unknown>, where: string): Map<string, Network> {
  const found = new Map<string, Network>();
  const resolve = (name: string, from: readonly string[]): Network => {
    const known = found.get(name);
    if (known) return known;
    if (!Object.hasOwn(given, name)) {
      throw new SvpError(
        'SVP_E_OPTION',
        `${where}: there is no network "${name}".${suggestion(name, Object.keys(given))}`,
      );
    }
    if (from.includes(name)) {
      throw new SvpError(
        'SVP_E_OPTION',
        `${where}: the network ${name} is like itself: ${[...from, name].join(' → ')}.`,
      );
    }
    const here = `${where}: networks.${name}`;
    const own = parseOptions(networkSchema, given[name], here) as Record<string, unknown>;
    const base = own.like === undefined ? DEFAULT_TARGET : resolve(own.like as string, [...from, name]);
    const changes = defined(Object.fromEntries(NETWORK_KEYS.map((key) => [key, own[dashed(key)]])));
    if (own.epochs !== undefined) changes.epochs = [own.epochs].flat();
    const network = resolveNetwork(base, changes as NetworkChanges, here);
    found.set(name, network);
    return network;
  };
  for (const name of Object.keys(given)) resolve(name, []);
  return new Map(Object.keys(given).map((name) => [name, found.get(name) as Network]));
}

function activeBlock(block: unknown, where: string): SweepBlock {
  const b = parseOptions(activeSchema, block, where);
  return {
    kind: 'active',
    target: b.target,
    proxies: b.proxies ?? [b.target],
    methods: b.methods,
    options: defined({
      initialSubset: b['initial-subset'],
      rounds: b.rounds,
      evalTargetAt: b['eval-target-at'],
      warmStart: b['warm-start'],
      balanced: b.balanced,
      scoring: b.scoring,
    }),
  };
}

function coreSetBlock(block: unknown, where: string): SweepBlock {
  const b = parseOptions(coreSetSchema, block, where);
  return {
    kind: 'core-set',
    target: b.target,
    proxies: b.proxies ?? [b.target],
    methods: b.methods,
    options: defined({
      subset: b.subsets,
      initialSubset: b['initial-subset'],
      fullTarget: b['full-target'],
      balanced: b.balanced,
      scoring: b.scoring,
    }),
  };
}

/** Methods by their own names, networks that there are. */
function checkNames(block: SweepBlock, networks: Map<string, Network>, where: string): void {
  block.methods = [...new Set(block.methods.map((name) => findMethod(name).name))];
  block.proxies = [...new Set(block.proxies)];
  for (const name of [block.target, ...block.proxies]) {
    if (!networks.has(name)) {
      throw new SvpError(
        'SVP_E_OPTION',
        `${where}: ${block.kind} names the network "${name}".${suggestion(name, [...networks.keys()])}`,
      );
    }
  }
}

/** Whether a proxy of a block is the target itself. */
export function isOracle(
  { networks }: SweepConfiguration,
  target: string,
  proxy: string | undefined,
): boolean {
  return proxy !== undefined && sameNetwork(networks.get(target) as Network, networks.get(proxy) as Network);
}
