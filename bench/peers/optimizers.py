"""Updates of a network's parameters by PyTorch's optimizers, on the weights and gradients that the case wrote.

usage: optimizers.py DIRECTORY OPTIMIZER KIND THREADS CHECK_STEPS WARM_STEPS TIMED_STEPS
KIND is "one by one" (PyTorch's default on the CPU) or "fused". Prints one line of JSON: every 97th parameter after the check
steps, and the milliseconds of each timed step.
"""

import json
import math
import sys
import time

import numpy
import torch

directory, name, kind, threads, check_steps, warm_steps, timed_steps = sys.argv[1:]
torch.set_num_threads(int(threads))
shapes = json.load(open(f"{directory}/shapes.json"))
sizes = [math.prod(shape) for shape in shapes]


def arrays(flat):
    return [part.reshape(shape).clone() for part, shape in zip(flat.split(sizes), shapes)]


weights = torch.from_numpy(numpy.fromfile(f"{directory}/weights.bin", dtype="<f4"))
gradients = torch.from_numpy(numpy.fromfile(f"{directory}/gradients.bin", dtype="<f4")).split(len(weights))
parameters = [torch.nn.Parameter(array) for array in arrays(weights)]
gradients = [arrays(gradient) for gradient in gradients]
common = {"lr": 0.001, "fused": kind == "fused"}
optimizer = {
    "sgd": lambda: torch.optim.SGD(parameters, momentum=0.9, weight_decay=5e-4, **common),
    "nesterov": lambda: torch.optim.SGD(parameters, momentum=0.9, weight_decay=5e-4, nesterov=True, **common),
    "adam": lambda: torch.optim.Adam(parameters, **common),
    "adamw": lambda: torch.optim.AdamW(parameters, weight_decay=0.01, **common),
}[name]()
done = 0


def step():
    global done
    for parameter, gradient in zip(parameters, gradients[done % len(gradients)]):
        parameter.grad = gradient
    done += 1
    start = time.perf_counter()
    optimizer.step()
    return (time.perf_counter() - start) * 1000


for _ in range(int(check_steps)):
    step()
sample = torch.cat([parameter.detach().flatten() for parameter in parameters])[::97].tolist()
for _ in range(int(warm_steps)):
    step()
milliseconds = [step() for _ in range(int(timed_steps))]
print(json.dumps({"sample": sample, "milliseconds": milliseconds, "version": torch.__version__}))
