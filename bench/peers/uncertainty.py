"""One trial of a rival in the uncertainty bench.

usage: uncertainty.py LIBRARY LOGITS ROWS COLUMNS THREADS REPETITIONS SAMPLE; prints one line of JSON.
"""
import json
import sys
import time

import numpy as np

library, path, rows, columns, threads, repetitions, sample = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:8])
logits = np.fromfile(path, dtype=np.float32).reshape(rows, columns)

if library == "torch":
    import torch

    torch.set_num_threads(threads)
    version = f"PyTorch {torch.__version__}"
    given = torch.from_numpy(logits)

    @torch.inference_mode()
    def score():
        log_p = torch.log_softmax(given, dim=1)
        p = log_p.exp()
        top = p.topk(2, dim=1).values
        entropy = -(p * log_p).sum(dim=1)
        return {
            "entropy": entropy.numpy(),
            "leastConfidence": (1 - top[:, 0]).numpy(),
            "margin": (1 - (top[:, 0] - top[:, 1])).numpy(),
        }
else:
    version = f"NumPy {np.__version__}"

    def score():
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        entropy = np.log(total[:, 0]) - np.einsum("ij,ij->i", p, shifted) / total[:, 0]
        p /= total
        p.partition(columns - 2, axis=1)
        first, second = p[:, -1], p[:, -2]
        return {"entropy": entropy, "leastConfidence": 1 - first, "margin": 1 - (first - second)}


scores = score()
milliseconds = []
for _ in range(repetitions):
    start = time.perf_counter()
    score()
    milliseconds.append((time.perf_counter() - start) * 1000)
sampled = {measure: values[::sample].astype(float).tolist() for measure, values in scores.items()}
print(json.dumps({"milliseconds": milliseconds, "sampled": sampled, "version": version}))
