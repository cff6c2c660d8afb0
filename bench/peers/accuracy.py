"""Trains preact20 in PyTorch by the recipe of a `svp train` run, to compare the accuracy that the two reach.

usage: accuracy.py FOLDER THREADS SEED EPOCHS@RATE...
FOLDER holds train_x.npy (n x height x width, uint8), train_y.npy, test_x.npy, test_y.npy. Prints a line of JSON an epoch.
The recipe: batch 128, momentum 0.9, weight decay 5e-4, crops out of 4 black pixels on every side, flips.
"""

import json
import sys
import time

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

folder, threads, seed, *stages = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(int(seed))
BATCH, PADDING = 128, 4


class Block(nn.Module):
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


class Preact20(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        blocks, inputs = [], 16
        for section in range(3):
            for i in range(3):
                outputs = 16 * 2**section
                blocks.append(Block(inputs, outputs, 2 if section > 0 and i == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.bn = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.fc(F.relu(self.bn(self.blocks(self.conv1(x)))).mean((2, 3)))


def split(name):
    images = torch.from_numpy(numpy.load(f"{folder}/{name}_x.npy"))
    return images, torch.from_numpy(numpy.load(f"{folder}/{name}_y.npy").astype("int64"))


(train_x, train_y), (test_x, test_y) = split("train"), split("test")
scaled = train_x.double() / 255
mean, std = scaled.mean().item(), scaled.std(unbiased=False).item()
size = train_x.shape[1]


def batch_of(images, augment):
    x = images.float().div_(255)
    if augment:
        padded = F.pad(x, (PADDING,) * 4)
        corners = torch.randint(0, 2 * PADDING + 1, (len(x), 2)).tolist()
        flips = (torch.rand(len(x)) < 0.5).tolist()
        crops = [p[t : t + size, l : l + size] for p, (t, l) in zip(padded, corners)]
        x = torch.stack([c.flip(1) if f else c for c, f in zip(crops, flips)])
    return x.sub_(mean).div_(std).unsqueeze(1).to(memory_format=torch.channels_last)


model = Preact20(1, int(train_y.max()) + 1).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
epoch = 0
for stage in stages:
    count, rate = stage.split("@")
    for group in optimizer.param_groups:
        group["lr"] = float(rate)
    for _ in range(int(count)):
        epoch += 1
        model.train()
        start, losses, correct = time.perf_counter(), 0.0, 0
        for rows in torch.randperm(len(train_x)).split(BATCH):
            optimizer.zero_grad()
            logits = model(batch_of(train_x[rows], True))
            loss = F.cross_entropy(logits, train_y[rows])
            loss.backward()
            optimizer.step()
            losses += loss.item() * len(rows)
            correct += (logits.argmax(1) == train_y[rows]).sum().item()
        seconds = time.perf_counter() - start
        model.eval()
        with torch.inference_mode():
            right = sum(
                (model(batch_of(x, False)).argmax(1) == y).sum().item()
                for x, y in zip(test_x.split(500), test_y.split(500))
            )
        record = {"epoch": epoch, "rate": float(rate), "loss": losses / len(train_x), "seconds": seconds}
        record |= {"trainAccuracy": correct / len(train_x), "testAccuracy": right / len(test_x)}
        print(json.dumps(record), flush=True)
