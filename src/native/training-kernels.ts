import { instructionSet, loadAddon } from './load';

/**
 * Adds this package's training operations (convolution, batch norm and their gradients, on the processor) to the TensorFlow
 * library that this process has loaded; once per process, a later call changes nothing.
 *
 * @param library path of TensorFlow's library; models/tensorflow.ts knows it
 * @param threads that the operations use; 0: one per processor
 * @throws SvpError SVP_E_RUNTIME when the addon does not load, SVP_E_DEVICE when that TensorFlow does not take the operations
 */
export function registerTrainingKernels(library: string, threads: number): void {
  loadAddon().trainingKernels(library, threads, instructionSet());
}
