import { tensorflowStatus } from '../../src/models/tensorflow';

const status = tensorflowStatus();

/** Tests that need the training runtime; where it is not set up they are skipped, and their name says so. */
export const describeWithTensorFlow = (name: string, body: () => void): void => {
  if (status.loaded) describe(name, body);
  else describe.skip(`${name} (needs TensorFlow: ${status.reason})`, body);
};
