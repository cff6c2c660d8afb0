import { useOwnOperations } from '../../src/models/kernels';
import { chooseTrainingKernels } from '../../src/training/own-operations';

/** Runs the same tests on TensorFlow's kernels and on this package's own; where the latter are not to be had, says why. */
export function describeWithBothKernels(tests: (own: boolean) => void): void {
  describe("TensorFlow's kernels", () => {
    beforeAll(() => useOwnOperations(false));
    tests(false);
  });
  describe("this package's kernels", () => {
    beforeAll(() => expect(chooseTrainingKernels()).toEqual({ own: true }));
    afterAll(() => useOwnOperations(false));
    tests(true);
  });
}
