// The machine that figures come from, as a line of text.
import os from 'node:os';

export function machineName() {
  const processor = os.cpus()[0]?.model ?? 'unknown processor';
  return `${os.cpus().length} × ${processor}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`;
}
