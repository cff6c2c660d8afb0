import type { RunHeader } from './run-record';

/** One run of a sweep. */
export interface SweepRun {
  /** Unique in the sweep: `active/least-confidence/preact8/seed-1`. */
  id: string;
  /** Below the sweep's folder; holds record.json once the run is done. */
  folder: string;
  kind: 'active' | 'core-set';
  /** A selection method's name. */
  method: string;
  /** Names of networks in the configuration; the proxy is absent for random. */
  proxy?: string;
  target: string;
  /** Proxy and target resolve to the same network and schedule. */
  oracle: boolean;
  seed: number;
  state: 'waiting' | 'done' | 'failed';
  /** Why it failed. */
  error?: string;
  /** Wall clock that the run took. */
  seconds?: number;
}

/** record.json of `svp sweep`: what it consists of and how far it is. The runs' own records lie in their folders. */
export interface SweepRecord extends RunHeader {
  kind: 'sweep';
  /** The configuration's own name, or its file's. */
  name: string;
  runs: SweepRun[];
}
