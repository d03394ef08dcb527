"""The long runs of the laboratory on digits; writes digits.json beside itself.

Usage: ``python book/studies/digits.py``, about 40 minutes on one core; a run
that was interrupted goes on where it was. Training is as in Johansen's
section 1.2: five epochs, the rate halved after each, Gaussian weights over
a root. What is open there is a setting here. Of MNIST's 60,000 training images
`split` keeps 10,000 for validation, at random; the training images are drawn
from the rest.
"""

import json
import platform
import time
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

import nnlab

FILE = Path(__file__).with_suffix(".json")
STORE = FILE.with_suffix(".store")  # results so far; removed at the end

BASE = {
    "images": 5000,  # for training
    "scaling": "unit",  # of the grey values: unit, raw, global or pixel
    "hidden": 200,  # units
    "activation": "sigmoid",  # of the hidden units
    "batch": 1,  # images per step
    "objective": "mean",  # over a batch, or sum
    "bias": False,
    "entries": "fan_in",  # what n_entries counts, or matrix
    "gamma": 1e-3,  # as stated; other values in "rate", "best" and "l2"
    "lam": 0,  # factor of L2
    "starts": [1, 2, 3],  # seeds of images, weights and batches, for all rows
}


def grid(**values):
    """Return BASE with all combinations of some values."""
    return [BASE | dict(zip(values, v)) for v in product(*values.values())]


def studies():
    """Return the settings of every study."""
    few, many = [2000, 3000, 4000, 5000], [10_000, 15_000, 20_000, 50_000]
    once, every = {"starts": [[1]]}, {"images": [50_000], "starts": [[1]]}
    activations = {"activation": ["sigmoid", "tanh", "relu"]}
    raw = {"scaling": ["raw"], "entries": ["matrix", "fan_in"]}
    relu = {"activation": ["relu"]}
    wide = raw | relu | {"hidden": [200, 1000], "batch": [5, 10]}
    other = {"scaling": ["global", "pixel"], "activation": ["tanh", "relu"]}
    free = {"scaling": ["unit", "pixel"], "activation": ["tanh", "relu"]}
    free |= {"batch": [5], "gamma": [0.03, 0.1]} | once
    best = {"batch": [10, 20, 50, 100], "gamma": [0.1, 0.2, 0.4, 0.8]}
    l2 = relu | {"images": [4000], "batch": [5], "starts": [[*range(1, 9)]]}
    steep = {"scaling": ["raw"], "hidden": [1000], "entries": ["matrix"]}
    return {
        "one": grid(images=[1000, 2000, 5000, 10_000])
        + grid(**every)
        + grid(scaling=["raw", "global", "pixel"])
        + grid(hidden=[100, 500, 1000])
        + grid(activation=["tanh", "relu"])
        + grid(batch=[10, 50], objective=["mean", "sum"])
        + grid(bias=[True])
        + grid(entries=["matrix"]),
        "raw": grid(**activations, batch=[1, 5, 10, 20], **raw),
        "other": grid(**other) + grid(**other, **every),
        "wide": grid(**wide, images=few) + grid(**wide, images=many, **once),
        "rate": grid(**free, images=few + many),
        "best": grid(**relu, **best, **every),
        "l2": grid(**l2, **steep, lam=[0, 0.1, 0.3, 1.0, 3.0])
        + grid(**l2, gamma=[0.15], lam=[0, 3e-4, 1e-3, 3e-3, 0.01]),
    }


@cache
def digits():
    """Return all images as rows from 0 to 1, and their labels."""
    images, labels, *_ = nnlab.datasets.mnist()
    return nnlab.datasets.as_rows(images, np.float32), labels.astype(int)


@cache
def split(seed=0):
    """Return the places of 50,000 training and of 10,000 validation images.

    At random, with a sixth of each digit for validation.
    """
    _, labels = digits()
    order = np.random.default_rng(seed).permutation(60_000)
    order = order[labels[order].argsort(kind="stable")]  # digit by digit
    sixth = np.arange(60_000) % 6 == 0
    return order[~sixth], order[sixth]


def scaled(scaling, X, others):
    """Scale grey values, both arrays by what the first one shows."""
    if scaling in ("unit", "raw"):
        factor = 1 if scaling == "unit" else 255
        return factor * X, factor * others
    axis = {"global": None, "pixel": 0}[scaling]
    mean, width = X.mean(axis=axis), X.std(axis=axis)
    width = np.where(width > 0, width, 1).astype(X.dtype)  # never inked: 1
    return (X - mean) / width, (others - mean) / width


def trained(seed, images, scaling, hidden, activation, batch, **other):
    """Train a network; return it with its training and validation data."""
    rng, (X, labels) = np.random.default_rng(seed), digits()
    training, validation = split()
    chosen = rng.permutation(training)[:images]
    X, others = scaled(scaling, X[chosen], X[validation])
    functions = getattr(nnlab, activation), nnlab.softmax, nnlab.cross_entropy
    init = nnlab.gaussian(other["entries"])
    R = nnlab.l2(other["lam"]) if other["lam"] else None
    network = nnlab.Network(
        [784, hidden, 10], *functions, other["bias"], init, R, rng, np.float32
    )
    gamma = other["gamma"] * (batch if other["objective"] == "sum" else 1)
    optimizer = nnlab.GradientDescent(nnlab.halving(gamma))
    nnlab.train(network, X, labels[chosen], optimizer, 5, batch, rng)
    return network, (X, labels[chosen]), (others, labels[validation])


def measure(starts, rng=None, test=False, **settings):
    """Return the accuracies and the validation losses of all starts."""
    rows = []
    for seed in starts:
        network, *data = trained(seed, **settings)
        row = [network.losses(*data[1]).mean().item()]
        if test:
            *_, images, labels = nnlab.datasets.mnist()
            data.append((nnlab.datasets.as_rows(images), labels.astype(int)))
        rows.append(row + [network.accuracy(*each) for each in data])
    names = "loss", "training", "validation", "test"
    return dict(zip(names, np.round(np.transpose(rows), 4).tolist()))


def save(file, rows, seconds):
    """Write the rows of a study, and what made them, as JSON."""
    made = {"date": time.strftime("%Y-%m-%d"), "nnlab": nnlab.__version__}
    made |= {"seconds": round(seconds), "Python": platform.python_version()}
    made |= {"NumPy": np.__version__}
    made["BLAS kernel"] = threadpool_info()[0].get("architecture", "unknown")
    text = ",\n".join(map(json.dumps, rows))
    file.write_text(f'{{"made": {json.dumps(made)},\n"rows": [\n{text}\n]}}\n')


def write():
    """Run all studies and write the file."""
    began = time.time()
    points = [{"study": s} | p for s, each in studies().items() for p in each]
    settings = [{name: point[name] for name in BASE} for point in points]
    found = nnlab.sweep(measure, settings, store=STORE, progress=True)
    rows = [point | each for point, each in zip(points, found)]
    tried = [row for row in rows if row["study"] == "best"]
    top = max(tried, key=lambda row: row["validation"])
    final = {name: top[name] for name in BASE} | {"starts": [11, 12, 13]}
    rows.append({"study": "final"} | final | measure(**final, test=True))
    save(FILE, rows, time.time() - began)
    STORE.unlink()


if __name__ == "__main__":
    write()
