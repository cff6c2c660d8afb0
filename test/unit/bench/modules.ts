import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const bench = path.resolve(__dirname, '../../../bench');

/**
 * Runs a piece of a module in a process of its own, since the bench is made of ES modules, which the test runner does not
 * load. `load(file)` imports a file of bench/; what `body` returns comes back through JSON.
 * @throws Error with the message that the piece failed with
 */
export function inBench<Result>(body: string, input: unknown = null): Result {
  const source = `
    const load = (file) => import(new URL(file, ${JSON.stringify(`${pathToFileURL(bench)}/`)}));
    const run = async (input) => { ${body} };
    try {
      console.log(JSON.stringify({ result: await run(JSON.parse(process.argv[1])) }));
    } catch (error) {
      console.log(JSON.stringify({ problem: error.message }));
    }`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', source, JSON.stringify(input)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const answer = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { result: Result; problem?: string };
  if (answer.problem !== undefined) throw new Error(answer.problem);
  return answer.result;
}
