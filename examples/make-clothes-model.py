"""Trains the small classifier of docs/guides/scoring.md in PyTorch, exports it as ONNX and writes some test images as JPEG.

usage: make-clothes-model.py DATASET OUT, with PyTorch, onnx and Pillow
DATASET is the folder that svp keeps Fashion-MNIST in: ~/.cache/selection-via-proxy/datasets/fashion-mnist
OUT gets clothes.onnx and the folder clothes.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

IMAGES = 60
SIDE = 112  # of a JPEG: four times the data set's
MEAN, STD = 0.286, 0.353
NAMES = ["top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]

source, out = Path(sys.argv[1]), Path(sys.argv[2])


def idx(name):
    data = np.fromfile(source / name, dtype=np.uint8)
    dimensions = data[3]
    shape = data[4 : 4 + 4 * dimensions].view(">u4").astype(int)
    return data[4 + 4 * dimensions :].reshape(shape)


class Clothes(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(24, 32, 3, stride=2, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )
        self.head = nn.Linear(128, len(NAMES))

    def forward(self, images):
        hidden = self.body(images)
        return self.head(hidden), hidden


torch.manual_seed(0)
torch.set_num_threads(2)
prepared = lambda images: ((torch.from_numpy(images.copy()).float() / 255 - MEAN) / STD).unsqueeze(1)
ROWS = 20_000  # enough for 85 %, in a minute
train = prepared(idx("train-images.idx")[:ROWS])
labels = torch.from_numpy(idx("train-labels.idx")[:ROWS].astype(np.int64))
model = Clothes()
EPOCHS, BATCH = 3, 64
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
steps = EPOCHS * (len(train) // BATCH)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=steps)
for epoch in range(EPOCHS):
    order = torch.randperm(len(train))
    for rows in order[: len(train) // BATCH * BATCH].split(BATCH):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(train[rows])[0], labels[rows])
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)

model.eval()
images, truth = idx("test-images.idx"), idx("test-labels.idx")
with torch.no_grad():
    right = (model(prepared(images))[0].argmax(1).numpy() == truth).mean()
print(f"test accuracy {right:.4f}")

torch.onnx.export(
    model,
    (torch.zeros(2, 1, 28, 28),),
    str(out / "clothes.onnx"),
    input_names=["images"],
    output_names=["scores", "hidden"],
    dynamic_axes={name: {0: "batch"} for name in ("images", "scores", "hidden")},
    opset_version=17,
    dynamo=False,
)
folder = out / "clothes"
folder.mkdir(exist_ok=True)
for row in range(IMAGES):
    picture = Image.fromarray(images[row]).resize((SIDE, SIDE), Image.BICUBIC)
    picture.save(folder / f"{row:02d}-{NAMES[truth[row]]}.jpg", quality=80)
