import type { SweepRun } from '../core/sweep-record';
import { findMethod } from '../selection/registry';
import type { ActiveLearningOptions } from './active-learning';
import type { CoreSetOptions } from './core-set';
import type { Network } from './network';
import { isOracle, type SweepBlock, type SweepConfiguration } from './sweep-configuration';

/** What a run is called with, beside its folder and hooks. */
export type RunOptions =
  | { kind: 'active'; active: ActiveLearningOptions }
  | { kind: 'core-set'; coreSet: CoreSetOptions };

/**
 * The runs of a sweep, seed by seed, so that what is finished early is a whole repetition. Random needs no proxy and is run once
 * a seed. A second block of one protocol has its number in the id.
 */
export function sweepRuns(configuration: SweepConfiguration): SweepRun[] {
  return configuration.seeds.flatMap((seed) =>
    configuration.blocks.flatMap((block) =>
      block.methods.flatMap((method) => {
        const proxies = findMethod(method).needs === 'nothing' ? [undefined] : block.proxies;
        return proxies.map((proxy): SweepRun => {
          const id = [
            partOf(configuration, block),
            method,
            ...(proxy === undefined ? [] : [proxy]),
            `seed-${seed}`,
          ];
          return {
            id: id.join('/'),
            folder: id.join('/'),
            kind: block.kind,
            method,
            ...(proxy === undefined ? {} : { proxy }),
            target: block.target,
            oracle: isOracle(configuration, block.target, proxy),
            seed,
            state: 'waiting',
          };
        });
      }),
    ),
  );
}

function partOf({ blocks }: SweepConfiguration, block: SweepBlock): string {
  const place = blocks.filter(({ kind }) => kind === block.kind).indexOf(block);
  return place === 0 ? block.kind : `${block.kind}-${place + 1}`;
}

/** The call that a run stands for. */
export function runOptions(configuration: SweepConfiguration, run: SweepRun): RunOptions {
  const { dataset, pool, test, validation, evaluateEveryEpoch, networks, blocks } = configuration;
  const block = blocks.find((b) => run.id.startsWith(`${partOf(configuration, b)}/`)) as SweepBlock;
  // A width that is left out is the network's own, not the target's.
  const network = (name: string): Network => ({ width: undefined, ...(networks.get(name) as Network) });
  const options = {
    dataset,
    method: run.method,
    seed: run.seed,
    target: network(run.target),
    ...(run.proxy === undefined ? {} : { proxy: network(run.proxy) }),
    ...(pool === undefined ? {} : { pool }),
    ...(test === undefined ? {} : { test }),
    ...(validation === undefined ? {} : { validation }),
    ...(evaluateEveryEpoch === undefined ? {} : { evaluateEveryEpoch }),
    ...block.options,
  };
  return block.kind === 'active'
    ? { kind: 'active', active: options as ActiveLearningOptions }
    : { kind: 'core-set', coreSet: options as CoreSetOptions };
}
