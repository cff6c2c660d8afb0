import { workerData } from 'node:worker_threads';
import { ImageResizer, type ResizeSetting } from './resize';
import { serveTasks } from './serve-tasks';

/** A thread of resizedImages. */
serveTasks(new ImageResizer(workerData as ResizeSetting));
