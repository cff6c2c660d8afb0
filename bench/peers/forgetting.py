"""One trial of a rival in the forgetting bench.

usage: forgetting.py LIBRARY EXAMPLES BATCH EPOCHS SAMPLE; prints one line of JSON.
"""
import json
import sys
import time

import numpy as np

library = sys.argv[1]
examples, batch, epochs, sample = map(int, sys.argv[2:])
rows = np.arange(examples, dtype=np.int64)
order = (rows * 611_953 + 12_345) % examples


def answers(epoch):
    return ((order + 1) * (2 * epoch + 7919)) % 1009 < 400 + 150 * epoch


if library == "torch":
    import torch

    version = f"PyTorch {torch.__version__}"
    indices = torch.from_numpy(order)
    before = torch.zeros(examples, dtype=torch.bool)
    events = torch.zeros(examples, dtype=torch.int32)
    given = torch.from_numpy
else:
    version = f"NumPy {np.__version__}"
    indices = order
    before = np.zeros(examples, dtype=bool)
    events = np.zeros(examples, dtype=np.int32)
    given = np.asarray

milliseconds = []
for epoch in range(epochs):
    correct = given(answers(epoch))
    start = time.perf_counter()
    for at in range(0, examples, batch):
        index, right = indices[at : at + batch], correct[at : at + batch]
        events[index] += before[index] & ~right
        before[index] = right
    milliseconds.append((time.perf_counter() - start) * 1000)
sampled = [int(count) for count in events[::sample]]
print(json.dumps({"milliseconds": milliseconds, "sampled": sampled, "version": version}))
