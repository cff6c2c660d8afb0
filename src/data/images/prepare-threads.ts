import type { ImagePlan } from './plan';
import { type BrokenPart, ImagePreparer, type PrepareTask } from './prepare';
import { TaskThreads } from './task-threads';

/** Threads that prepare images by a plan; see TaskThreads. */
export class PrepareThreads extends TaskThreads<PrepareTask, BrokenPart[]> {
  constructor(plan: ImagePlan, threads?: number, backlog?: number) {
    super({ worker: 'prepare-worker.js', data: plan, here: () => new ImagePreparer(plan) }, threads, backlog);
  }
}
