import type { BrokenPart, PrepareTask } from './prepare';
import type { PrepareThreads } from './prepare-threads';

/**
 * Prepares a task's images; one whose smaller copy in the cache cannot be read (taken away meanwhile, damaged) from its
 * original: a cache never makes a call fail.
 * @param originals full path of each file's original; the file itself where it has no copy
 */
export async function prepareOrOriginal(
  threads: PrepareThreads,
  task: PrepareTask,
  originals: readonly string[],
  stop?: () => boolean,
): Promise<BrokenPart[]> {
  const broken = await threads.run(task, stop);
  const left: BrokenPart[] = [];
  for (const part of broken) {
    const { index } = part;
    if (task.files[index] === originals[index]) {
      left.push(part);
      continue;
    }
    const again = { ...task, files: [originals[index]], rows: [task.rows[index]], at: task.at + index };
    for (const { reason } of await threads.run(again, stop)) left.push({ index, reason });
  }
  return left;
}
