import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { finished } from './run-svp';

test('R13: ten seconds of selection on all processors leave the event loop free: 99 % of turns within 20 ms', async () => {
  const child = spawn(process.execPath, [join(__dirname, 'k-center-event-loop.cjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await finished(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { selections, reports, p99 } = JSON.parse(stdout);
  expect(selections).toBeGreaterThan(0);
  expect(reports).toBeGreaterThan(20);
  expect(p99).toBeLessThan(20);
}, 60_000);
