import { workerData } from 'node:worker_threads';
import type { ImagePlan } from './plan';
import { ImagePreparer } from './prepare';
import { serveTasks } from './serve-tasks';

/** A thread of PrepareThreads. */
serveTasks(new ImagePreparer(workerData as ImagePlan));
