"""One trial of a rival in the data bench.

usage: data.py KIND PATH REPETITIONS; KIND is jpeg, jpeg2, cifar or reviews. Prints one line of JSON: milliseconds an image, a batch or
a file, and a sample of the values.
"""
import csv
import glob
import json
import sys
import time

import numpy as np

kind, path, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
milliseconds = []
sample = []

if kind in ("jpeg", "jpeg2"):
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms as T

    torch.set_num_threads(1)
    version = f"torchvision {torchvision.__version__}"
    prepare = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize(MEAN, STD)])
    files = sorted(glob.glob(path + "/*.jpg"))

    class Files(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, i):
            with open(files[i], "rb") as f:
                return prepare(Image.open(f).convert("RGB"))

    loader = torch.utils.data.DataLoader(
        Files(), batch_size=32, num_workers=2 if kind == "jpeg2" else 0, persistent_workers=kind == "jpeg2"
    )
    clock = time.perf_counter if kind == "jpeg2" else time.process_time
    for i in range(repetitions + 1):
        start = clock()
        for batch in loader:
            last = batch
        if i > 0:
            milliseconds.append((clock() - start) * 1000 / len(files))
    sample = last[-1].numpy().ravel()[::997].astype(float).tolist()
elif kind == "cifar":
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms as T

    torch.set_num_threads(1)
    version = f"torchvision {torchvision.__version__}"
    images = np.fromfile(path, dtype=np.uint8).reshape(-1, 32, 32, 3)
    prepare = T.Compose([T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize(MEAN, STD)])
    for i in range(repetitions + 1):
        start = time.perf_counter()
        for first in range(0, len(images), 128):
            torch.stack([prepare(Image.fromarray(image)) for image in images[first : first + 128]])
        if i > 0:
            milliseconds.append((time.perf_counter() - start) * 1000 / (len(images) / 128))
else:
    version = f"Python {sys.version.split()[0]}"
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/|_#$%^&*~`+=<>()[]{} "
    codes = bytearray([1] * 256)
    for i, character in enumerate(alphabet):
        codes[ord(character)] = codes[ord(character.upper())] = i + 2
    for i in range(repetitions + 1):
        start = time.perf_counter()
        total = 0
        with open(path, newline="") as f:
            for row in csv.reader(f):
                text = " ".join(row[1:]).replace("\\n", " ")[:1014]
                values = np.zeros(1014, np.int32)
                values[: len(text)] = np.frombuffer(text.encode("ascii", "replace").translate(codes), np.uint8)
                total += int(values[:16].sum())
        if i > 0:
            milliseconds.append((time.perf_counter() - start) * 1000)
    sample = [total]
print(json.dumps({"milliseconds": milliseconds, "sample": sample, "version": version}))
