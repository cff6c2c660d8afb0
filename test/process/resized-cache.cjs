// usage: node resized-cache.cjs FOLDER CACHE: loads a folder of images with resizedCache, in a process of its own.
const { loadExamples } = require('../../dist');

loadExamples(process.argv[2], {
  cacheDirectory: process.argv[3],
  imageSize: 128,
  resizedCache: 128,
  onProgress: ({ done }) => process.stdout.write(`${done}\n`),
}).catch((error) => {
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
});
