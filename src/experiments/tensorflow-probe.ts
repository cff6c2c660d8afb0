/** The child process in which `doctor` loads TensorFlow: sends its status to the parent and ends. */
import { tensorflowStatus } from '../models/tensorflow';

process.send?.(tensorflowStatus(), undefined, {}, () => process.exit(0));
