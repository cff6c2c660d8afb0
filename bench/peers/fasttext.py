"""One trial of the original fastText.

usage: fasttext.py TRAIN TEST THREADS EPOCHS RATE SEED; prints one line of JSON.
"""
import json
import sys
import time
from importlib.metadata import version

import fasttext

train, test = sys.argv[1:3]
threads, epochs = int(sys.argv[3]), int(sys.argv[4])
rate, seed = float(sys.argv[5]), int(sys.argv[6])
start = time.perf_counter()
model = fasttext.train_supervised(
    train, dim=10, wordNgrams=2, bucket=10_000_000, minCount=1, lr=rate, epoch=epochs, thread=threads, seed=seed, verbose=0
)
milliseconds = (time.perf_counter() - start) * 1000
examples, accuracy, _ = model.test(test)
print(json.dumps({"milliseconds": [milliseconds], "accuracy": accuracy, "version": f"fastText {version('fasttext-wheel')}"}))
