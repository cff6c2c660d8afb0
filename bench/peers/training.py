"""One training run of a residual network in PyTorch, on the weights and the batch that the case wrote.

usage: training.py DIRECTORY NETWORK LAYOUT THREADS CHECK_STEPS WARM_STEPS TIMED_STEPS
LAYOUT is channels-first or channels-last. Prints one line of JSON: the losses of the check steps (before the clock starts)
and the milliseconds of each timed step.
"""

import json
import sys
import time

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

directory, name, layout, threads, check_steps, warm_steps, timed_steps = sys.argv[1:]
torch.set_num_threads(int(threads))
network = json.load(open(f"{directory}/{name}.json"))


class Block(nn.Module):
    """Pre-activation basic block; the shortcut is a 1x1 convolution of the activated input where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        a = F.relu(self.bn1(x))
        shortcut = self.shortcut(a) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(a)))) + shortcut


class Network(nn.Module):
    def __init__(self, spec):
        super().__init__()
        channels = spec["width"]
        self.conv1 = nn.Conv2d(spec["channels"], channels, 3, 1, 1, bias=False)
        for section in range(spec["sections"]):
            blocks = []
            for i in range(spec["blocks"]):
                outputs = spec["width"] * 2**section
                blocks.append(Block(channels, outputs, 2 if section > 0 and i == 0 else 1))
                channels = outputs
            setattr(self, f"layer{section + 1}", nn.Sequential(*blocks))
        self.sections = spec["sections"]
        if spec["finalNorm"]:
            self.bn = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, spec["classes"])

    def forward(self, x):
        x = self.conv1(x)
        for section in range(self.sections):
            x = getattr(self, f"layer{section + 1}")(x)
        if hasattr(self, "bn"):
            x = F.relu(self.bn(x))
        return self.fc(x.mean((2, 3)))


def load(model, spec):
    """Copies the case's weights in: convolutions from height x width x in x out, the rest as they are or transposed."""
    flat = numpy.fromfile(f"{directory}/{name}.weights.bin", dtype="<f4")
    state, at = dict(model.named_parameters()), 0
    for array in spec["arrays"]:
        size = int(numpy.prod(array["shape"]))
        values = flat[at : at + size].reshape(array["shape"])
        at += size
        values = values.transpose(3, 2, 0, 1) if values.ndim == 4 else values.T
        state.pop(array["name"]).data.copy_(torch.from_numpy(values.copy()))
    assert not state and at == len(flat), "the two networks differ"


model = Network(network)
load(model, network)
batch, height, width, channels = network["batch"], network["height"], network["columns"], network["channels"]
images = numpy.fromfile(f"{directory}/{name}.images.bin", dtype="<f4").reshape(batch, height, width, channels)
x = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
y = torch.from_numpy(numpy.fromfile(f"{directory}/{name}.labels.bin", dtype="<i4").astype("int64"))
if layout == "channels-last":
    model = model.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(
    model.parameters(), lr=network["rate"], momentum=network["momentum"], weight_decay=network["weightDecay"]
)


def step():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


losses = [step() for _ in range(int(check_steps))]
for _ in range(int(warm_steps)):
    step()
milliseconds = []
for _ in range(int(timed_steps)):
    start = time.perf_counter()
    step()
    milliseconds.append((time.perf_counter() - start) * 1000)
print(json.dumps({"losses": losses, "milliseconds": milliseconds, "version": torch.__version__}))
