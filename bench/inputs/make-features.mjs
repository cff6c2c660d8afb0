// Makes one input: `node bench/inputs/make-features.mjs '{"kind":"trained","rows":70000,"columns":512}'`.
// A run that is cut off goes on where it was: training by epochs, features by chunks.
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { variantInto } from './augment.mjs';
import { benchCache, inputFile, recipeOf } from './features.mjs';
import { writeMatrix } from './matrix-file.mjs';
import { featureNetwork } from './network.mjs';

const require = createRequire(import.meta.url);
const dist = (file) => require(`../../dist/${file}`);
const CHUNK = 10_000;

const input = JSON.parse(process.argv[2]);
const { kind, rows, columns } = input;
const recipe = recipeOf(input);
const file = inputFile(input);
const started = performance.now();
const say = (text) => console.error(`${path.basename(file)}: ${text} (${seconds()} s)`);
const seconds = () => ((performance.now() - started) / 1000).toFixed(0);

/** A generator for one chunk or image: what came before does not matter. */
function generator(seed, index) {
  const { Random } = dist('core/random.js');
  return new Random((seed * 0x9e3779b1 + index) | 0);
}

function noiseChunk(first, count) {
  const random = generator(recipe.seed, first / CHUNK);
  return new Float32Array(count * columns).map(() => random.normal());
}

/** The trained network; its weights are kept for other sizes of the same features. */
async function trainedNetwork(splits) {
  const { images, epochs, learningRates, seed } = recipe.training;
  const { train } = splits;
  const model = featureNetwork({
    ...recipe.network,
    inputShape: [train.height, train.width, train.channels],
    classes: train.classes,
  });
  const checkpoint = path.join(
    benchCache(),
    `network-${columns}${input.small ? '-small' : ''}-v${recipe.version}.svp`,
  );
  mkdirSync(benchCache(), { recursive: true });
  const { trainModel } = dist('training/trainer.js');
  const { testAccuracy } = await trainModel({
    model,
    dataset: train,
    indices: Uint32Array.from({ length: images }, (_, i) => i),
    test: splits.test,
    epochs,
    learningRates,
    seed,
    checkpoint: { path: checkpoint, resume: existsSync(checkpoint) },
    onEpoch: ({ epoch, trainLoss }) => say(`epoch ${epoch}, loss ${trainLoss.toFixed(3)}`),
  });
  if (testAccuracy !== undefined) say(`test accuracy ${(100 * testAccuracy).toFixed(1)} %`);
  return model;
}

async function trainedChunks() {
  const { loadDataset } = dist('data/datasets/registry.js');
  const { scorePool } = dist('scoring/tensorflow-scorer.js');
  const splits = await loadDataset('fashion-mnist');
  const model = await trainedNetwork(splits);
  const { train, test } = splits;
  const size = train.height * train.width * train.channels;
  const originals = train.count + test.count;

  return async (first, count) => {
    const images = new Uint8Array(count * size);
    for (let i = 0; i < count; i++) {
      const row = (first + i) % originals;
      const [half, from] = row < train.count ? [train, row] : [test, row - train.count];
      if (first + i < originals) images.set(half.images.subarray(from * size, (from + 1) * size), i * size);
      else
        variantInto(
          images,
          i * size,
          half.images,
          from * size,
          half,
          generator(recipe.variants.seed, first + i),
        );
    }
    const dataset = { ...train, name: 'variants', images, labels: new Uint8Array(count), count };
    const { features } = await scorePool({ model, dataset, outputs: ['features'], batchSize: 500 });
    return features.data;
  };
}

say('making it');
const makeChunk = kind === 'noise' ? noiseChunk : await trainedChunks();
let said = 0;
await writeMatrix(file, {
  rows,
  columns,
  recipe,
  chunkRows: CHUNK,
  makeChunk,
  onChunk: (done) => {
    if (done < said + 100_000 && done < rows) return;
    said = done;
    say(`${done} of ${rows} rows`);
  },
});
