import { parentPort } from 'node:worker_threads';
import { sendableError } from '../../core/sent-error';
import type { Answer, TaskRunner } from './task-threads';

/** Makes this thread one of TaskThreads: it does one task after another, in the order in which they come. */
export function serveTasks<Task, Result>(runner: TaskRunner<Task, Result>): void {
  const post = (answer: Answer<Result>) => parentPort?.postMessage(answer);
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (task: Task) => {
    last = last.then(async () => {
      try {
        post({ result: await runner.run(task) });
      } catch (error) {
        post({ error: sendableError(error) });
      }
    });
  });
}
