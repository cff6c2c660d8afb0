import { SvpError } from '../errors';
import { kernels, useOwnOperations } from '../models/kernels';
import { tensorflowLibrary } from '../models/tensorflow';
import { registerTrainingKernels } from '../native/training-kernels';

/** Which kernels a training runs on. */
export interface TrainingKernels {
  own: boolean;
  /** Why they are not this package's own. */
  reason?: string;
}

/**
 * Makes this process train on this package's own convolutions and batch norm, where it trains on the processor and its
 * TensorFlow takes them; otherwise it goes on with TensorFlow's, which give the same to rounding and take about twice as
 * long. SVP_TRAINING_KERNELS=tensorflow asks for the latter. As many threads as TensorFlow's operations have
 * (TF_NUM_INTRAOP_THREADS).
 * @throws SvpError SVP_E_RUNTIME when TensorFlow does not load; SVP_E_OPTION when SVP_TRAINING_KERNELS is something else
 */
export function chooseTrainingKernels(): TrainingKernels {
  const wanted = process.env.SVP_TRAINING_KERNELS ?? '';
  if (wanted !== '' && wanted !== 'own' && wanted !== 'tensorflow') {
    throw new SvpError('SVP_E_OPTION', `SVP_TRAINING_KERNELS must be own or tensorflow, not ${wanted}.`);
  }
  const reason = refusal(wanted);
  useOwnOperations(reason === undefined);
  return reason === undefined ? { own: true } : { own: false, reason };
}

function refusal(wanted: string): string | undefined {
  if (wanted === 'tensorflow') return 'SVP_TRAINING_KERNELS asks for those of TensorFlow.';
  if (kernels().onGpu) return 'They run on the processor, and this training on a GPU.';
  const library = tensorflowLibrary();
  if (!library) return 'The library of this TensorFlow was not found.';
  try {
    registerTrainingKernels(library, Number(process.env.TF_NUM_INTRAOP_THREADS) || 0);
  } catch (error) {
    if (!(error instanceof SvpError)) throw error;
    return error.message;
  }
  return undefined;
}
