"""One training run of a network in PyTorch, on the weights and the batches that the case wrote.

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


class Preact(nn.Module):
    def __init__(self, spec):
        super().__init__()
        channels = spec["width"]
        self.conv1 = nn.Conv2d(spec["input"]["shape"][2], channels, 3, 1, 1, bias=False)
        self.sections = len(spec["sections"])
        for section, count in enumerate(spec["sections"]):
            blocks = []
            for i in range(count):
                outputs = spec["width"] * 2**section
                blocks.append(Block(channels, outputs, 2 if section > 0 and i == 0 else 1))
                channels = outputs
            setattr(self, f"layer{section + 1}", nn.Sequential(*blocks))
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


class BasicBlock(nn.Module):
    """Batch norm after every convolution, ReLU after the sum, as in torchvision's ResNet18."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class Resnet(nn.Module):
    def __init__(self, spec):
        super().__init__()
        channels = spec["width"]
        self.conv1 = nn.Conv2d(3, channels, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.sections = len(spec["sections"])
        for section, count in enumerate(spec["sections"]):
            blocks = []
            for i in range(count):
                outputs = spec["width"] * 2**section
                blocks.append(BasicBlock(channels, outputs, 2 if section > 0 and i == 0 else 1))
                channels = outputs
            setattr(self, f"layer{section + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, spec["classes"])

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        for section in range(self.sections):
            x = getattr(self, f"layer{section + 1}")(x)
        return self.fc(x.mean((2, 3)))


class TextBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.halve = outputs > inputs
        self.conv1 = nn.Conv1d(inputs, outputs, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm1d(outputs)
        self.conv2 = nn.Conv1d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm1d(outputs)

    def forward(self, x):
        if self.halve:
            x = F.max_pool1d(x, 3, 2, 1)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class Vdcnn(nn.Module):
    """Very deep convolutional network over characters (Conneau et al. 2017), without shortcuts."""

    def __init__(self, spec):
        super().__init__()
        channels = spec["width"]
        self.character_embedding = nn.Embedding(spec["input"]["symbols"], 16)
        self.conv1 = nn.Conv1d(16, channels, 3, 1, 1, bias=False)
        self.sections = len(spec["sections"])
        for section, count in enumerate(spec["sections"]):
            blocks = []
            for _ in range(count):
                outputs = spec["width"] * 2**section
                blocks.append(TextBlock(channels, outputs))
                channels = outputs
            setattr(self, f"section{section + 1}", nn.Sequential(*blocks))
        self.fc1 = nn.Linear(channels * 8, 32 * spec["width"])
        self.fc2 = nn.Linear(32 * spec["width"], 32 * spec["width"])
        self.fc3 = nn.Linear(32 * spec["width"], spec["classes"])

    def forward(self, x):
        x = self.conv1(self.character_embedding(x).transpose(1, 2))
        for section in range(self.sections):
            x = getattr(self, f"section{section + 1}")(x)
        # The eight greatest values of each channel, in their order along the text.
        x = x.gather(2, x.topk(8, 2).indices.sort(2).values).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def load(model, spec):
    """Copies the case's weights in: convolutions from height x width x in x out, the rest as they are or transposed."""
    flat = numpy.fromfile(f"{directory}/{name}.weights.bin", dtype="<f4")
    state, at = dict(model.named_parameters()), 0
    for array in spec["arrays"]:
        size = int(numpy.prod(array["shape"]))
        values = flat[at : at + size].reshape(array["shape"])
        at += size
        target = state.pop(array["name"]).data
        if values.ndim == 4:  # height x width x in x out
            values = values.transpose(3, 2, 0, 1).reshape(tuple(target.shape))
        elif values.shape != tuple(target.shape) or array["name"].startswith("fc"):
            values = values.T
        target.copy_(torch.from_numpy(values.copy()))
    assert not state and at == len(flat), "the two networks differ"


model = {"preact": Preact, "resnet": Resnet, "vdcnn": Vdcnn}[network["family"]](network)
load(model, network)
batch = network["batch"]
labels = torch.from_numpy(numpy.fromfile(f"{directory}/{name}.labels.bin", dtype="<i4").astype("int64"))
if network["input"]["kind"] == "text":
    values = numpy.fromfile(f"{directory}/{name}.values.bin", dtype="<i4").astype("int64")
    values = torch.from_numpy(values.reshape(len(labels), network["input"]["length"]))
else:
    values = numpy.fromfile(f"{directory}/{name}.values.bin", dtype="<f4").reshape(len(labels), *network["input"]["shape"])
    values = torch.from_numpy(values.transpose(0, 3, 1, 2).copy())
x, y = list(values.split(batch)), list(labels.split(batch))
if layout == "channels-last" and network["input"]["kind"] == "image":
    model = model.to(memory_format=torch.channels_last)
    x = [images.to(memory_format=torch.channels_last) for images in x]
optimizer = torch.optim.SGD(
    model.parameters(), lr=network["rate"], momentum=network["momentum"], weight_decay=network["weightDecay"]
)
done = 0


def step():
    global done
    at = done % len(x)
    done += 1
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x[at]), y[at])
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
