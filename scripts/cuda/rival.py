"""Greedy k-centers by PyTorch on a GPU, one pick after the other: time of a pick, over 50 of them. JSON on stdout."""
import json
import sys
import time

import torch

rows, columns = int(sys.argv[1]), int(sys.argv[2])
if not torch.cuda.is_available():
    sys.exit(3)
x = torch.randn(rows, columns, device="cuda")
norms = (x * x).sum(1)
m = torch.full((rows,), float("inf"), device="cuda")


def pick(i):
    d = norms + norms[i] - 2 * (x @ x[i])
    torch.minimum(m, d, out=m)
    return torch.argmax(m)


i = torch.zeros((), dtype=torch.long, device="cuda")
for _ in range(5):
    i = pick(i)
torch.cuda.synchronize()
started = time.perf_counter()
for _ in range(50):
    i = pick(i)
torch.cuda.synchronize()
seconds = (time.perf_counter() - started) / 50
print(json.dumps({"secondsPerPick": seconds, "bytesPerSecond": rows * columns * 4 / seconds, "torch": torch.__version__}))
