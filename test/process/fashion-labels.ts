import { loadDataset } from '../../src/data/datasets/registry';

/** The classes of Fashion-MNIST's train split, by row. */
export async function loadFashionLabels(): Promise<ArrayLike<number>> {
  return (await loadDataset('fashion-mnist')).train.labels;
}
