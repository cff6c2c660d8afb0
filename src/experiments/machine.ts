import * as os from 'node:os';
import type { CoreSetRecord } from '../core/run-record';

/** What a record says of the machine that made it. */
export function describeMachine(): CoreSetRecord['machine'] {
  return {
    processor: os.cpus()[0]?.model.trim() || os.arch(),
    processors: os.availableParallelism(),
    memoryGiB: Number((os.totalmem() / 2 ** 30).toFixed(1)),
    node: process.version,
    platform: `${os.platform()} ${os.arch()}`,
  };
}
