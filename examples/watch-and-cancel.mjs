// Long calls run off the event loop: they report progress, and an AbortSignal stops them within a quarter of a second.
import { isSvpError, select } from 'selection-via-proxy';

const rows = 40_000;
const columns = 64;
const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i));
const controller = new AbortController();

try {
  await select({
    method: 'k-centers',
    features: { data, rows, columns },
    budget: rows / 2,
    signal: controller.signal,
    onProgress: ({ done, total, unit }) => {
      console.log(`${done} of ${total} ${unit}`);
      if (done > 0) controller.abort();
    },
  });
} catch (error) {
  if (!isSvpError(error) || error.name !== 'AbortError') throw error;
  console.log('stopped:', error.code);
}
