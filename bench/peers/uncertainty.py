"""One trial of a rival in the uncertainty bench.

usage: uncertainty.py LIBRARY LOGITS ROWS COLUMNS THREADS REPETITIONS SAMPLE TIMED; prints one line of JSON.
TIMED: rows that are scored; where that is not all of them, the times are multiplied up to all.
"""
import json
import sys
import time

import numpy as np

library, path, rows, columns, threads, repetitions, sample, timed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:9])
logits = np.fromfile(path, dtype=np.float32, count=timed * columns).reshape(timed, columns)

if library in ("torch", "compile"):
    import torch

    torch.set_num_threads(threads)
    version = f"PyTorch {torch.__version__}"
    given = torch.from_numpy(logits)

    def eager(z):
        log_p = torch.log_softmax(z, dim=1)
        p = log_p.exp()
        top = p.topk(2, dim=1).values
        return -(p * log_p).sum(dim=1), 1 - top[:, 0], 1 - (top[:, 0] - top[:, 1])

    def fused(z):  # without the margin: topk does not compile into the loop
        p = torch.softmax(z, dim=1)
        return torch.special.entr(p).sum(dim=1), 1 - p.max(dim=1).values

    measure = torch.compile(fused) if library == "compile" else eager

    @torch.inference_mode()
    def score():
        return [values.numpy() for values in measure(given)]

elif library == "scipy":
    import scipy
    from scipy.special import softmax
    from scipy.stats import entropy

    version = f"SciPy {scipy.__version__}"

    def score():  # entropy alone
        return [entropy(softmax(logits, axis=1), axis=1)]

else:
    version = f"NumPy {np.__version__}"

    def score():
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        entropies = np.log(total[:, 0]) - np.einsum("ij,ij->i", p, shifted) / total[:, 0]
        p /= total
        p.partition(columns - 2, axis=1)
        first, second = p[:, -1], p[:, -2]
        return [entropies, 1 - first, 1 - (first - second)]


scores = dict(zip(("entropy", "leastConfidence", "margin"), score()))
milliseconds = []
for _ in range(repetitions):
    start = time.perf_counter()
    score()
    milliseconds.append((time.perf_counter() - start) * 1000 * rows / timed)
sampled = {measure: values[::sample].astype(float).tolist() for measure, values in scores.items()}
print(json.dumps({"milliseconds": milliseconds, "sampled": sampled, "version": version, "rowsTimed": timed}))
