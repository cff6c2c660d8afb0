"""One trial of the rivals in the scoring bench; prints one line of JSON.

usage: scoring.py memory MODEL VALUES ITEMS COLUMNS BATCH THREADS
       scoring.py photos MODEL FOLDER BATCH THREADS
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

kind, model, *args = sys.argv[1:]
STEP = 97


def session(threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def memory(path, items, columns, batch, threads):
    run = session(threads)
    name, shape = run.get_inputs()[0].name, run.get_inputs()[0].shape[1:]
    values = np.fromfile(path, dtype=np.float32).reshape(int(items), *shape)
    logits = np.empty((len(values), next(o.shape[1] for o in run.get_outputs() if o.name == "logits")), np.float32)
    start = time.perf_counter()
    for first in range(0, len(values), int(batch)):
        part = slice(first, first + int(batch))
        logits[part] = run.run(["logits"], {name: values[part]})[0]
    return time.perf_counter() - start, logits, f"onnxruntime {onnxruntime.__version__} of Python"


def photos(folder, batch, threads):
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms

    class Folder(torch.utils.data.Dataset):
        def __init__(self):
            self.files = sorted(Path(folder).glob("*.jpg"))
            self.prepare = transforms.Compose(
                [
                    transforms.Resize(256),
                    transforms.CenterCrop(224),
                    transforms.ToTensor(),
                    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
                ]
            )

        def __len__(self):
            return len(self.files)

        def __getitem__(self, row):
            with Image.open(self.files[row]) as image:
                return self.prepare(image.convert("RGB"))

    run = session(threads)
    name = run.get_inputs()[0].name
    loader = torch.utils.data.DataLoader(Folder(), batch_size=int(batch), num_workers=2)
    parts = []
    start = time.perf_counter()
    for images in loader:
        parts.append(run.run(["logits"], {name: images.numpy()})[0])
    return time.perf_counter() - start, np.concatenate(parts), f"torchvision {torchvision.__version__}"


seconds, logits, version = (memory if kind == "memory" else photos)(*args)
sampled = logits.reshape(-1)[::STEP].astype(float).tolist()
print(json.dumps({"milliseconds": [seconds * 1000], "sampled": sampled, "version": version}))
