"""Rivals of greedy k-centers in Python: one of them, over some picks, in this process.

usage: k-centers.py RIVAL FEATURES.npy WARM_PICKS TIMED_PICKS THREADS ANSWER
Every rival starts at row 0 and works on float32. The features are in memory before the clock starts; of WARM_PICKS +
TIMED_PICKS picks the last ones are timed. ANSWER gets the picks as little-endian uint32. Prints one line of JSON.
"""

import json
import resource
import sys
import time

import numpy

rival, path, warm, timed, threads, answer = sys.argv[1:]
warm, timed, threads = int(warm), int(timed), int(threads)
features = numpy.load(path)
assert features.dtype == numpy.float32 and features.flags.c_contiguous


def loop(step):
    """Runs step(center) -> next center; seconds of the last `timed` picks. A pick is: apply a center, find the next."""
    picks = [0]
    start = 0.0
    for _ in range(warm):
        picks.append(step(picks[-1]))
    start = time.perf_counter()
    for _ in range(timed):
        picks.append(step(picks[-1]))
    return picks, time.perf_counter() - start


def difference(run):
    """For a library that only makes all picks in one call: the time of the longer call less that of the shorter one."""
    run(warm + 1)  # first touches of memory, loading of libraries
    start = time.perf_counter()
    run(warm + 1)
    middle = time.perf_counter()
    picks = run(warm + timed + 1)
    end = time.perf_counter()
    return [int(i) for i in picks], (end - middle) - (middle - start)


def sklearn_rows():
    """google/active-learning: pairwise_distances of the pool to the newest center, then the minimum."""
    import sklearn
    from sklearn.metrics import pairwise_distances

    state = {"least": None}

    def step(center):
        distances = pairwise_distances(features, features[[center]], metric="euclidean")
        least = state["least"]
        state["least"] = distances if least is None else numpy.minimum(least, distances)
        return int(numpy.argmax(state["least"]))

    return *loop(step), sklearn.__version__


def torch_gemv():
    """Norms once; then one matrix-vector product a pick, everything in place."""
    import torch

    torch.set_num_threads(threads)
    x = torch.from_numpy(features)
    norms = (x * x).sum(1)
    least = torch.full((len(x),), float("inf"))
    products = torch.empty(len(x))

    def step(center):
        torch.mv(x, x[center], out=products)
        torch.minimum(least, products.mul_(-2).add_(norms).add_(norms[center]), out=least)
        least[center] = 0
        return int(torch.argmax(least))

    with torch.inference_mode():
        return *loop(step), torch.__version__


def torch_pairwise():
    """anomalib's KCenterGreedy: torch's pairwise_distance of the pool to the newest center, then the minimum."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    x = torch.from_numpy(features)
    state = {"least": None}

    def step(center):
        distances = F.pairwise_distance(x, x[[center]], p=2).reshape(-1, 1)
        least = state["least"]
        state["least"] = distances if least is None else torch.minimum(least, distances)
        state["least"][center] = 0
        return int(torch.argmax(state["least"]))

    with torch.inference_mode():
        return *loop(step), torch.__version__


def fpsample_vanilla():
    """fpsample's fps_sampling, its only exact sampler for more than 8 columns; it uses one thread."""
    import fpsample

    picks, seconds = difference(lambda picks: fpsample.fps_sampling(features, picks, start_idx=0))
    return picks, seconds, fpsample.__version__


def skmatter_selector(name):
    import skmatter
    import skmatter.sample_selection as selection

    def run(picks):
        return getattr(selection, name)(n_to_select=picks, initialize=0).fit(features).selected_idx_

    picks, seconds = difference(run)
    return picks, seconds, skmatter.__version__


RIVALS = {
    "sklearn": sklearn_rows,
    "torch-gemv": torch_gemv,
    "torch-pairwise": torch_pairwise,
    "fpsample": fpsample_vanilla,
    "skmatter-fps": lambda: skmatter_selector("FPS"),
    "skmatter-voronoi": lambda: skmatter_selector("VoronoiFPS"),
}

indices, seconds, version = RIVALS[rival]()
numpy.asarray(indices, dtype="<u4").tofile(answer)
# Linux counts in KiB, macOS in bytes.
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(
    json.dumps(
        {
            "seconds": seconds,
            "picks": timed,
            "peakBytesBesideFeatures": max(0, peak - features.nbytes),
            "version": version,
        }
    )
)
