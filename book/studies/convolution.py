"""The long runs of the laboratory on convolution; writes two files.

Usage: ``python -m studies.convolution`` in the folder book, about 10 minutes of
one core; a run that was interrupted goes on where it was. ``convolution.json``
has the numbers, ``convolution.npy`` the first network of the last row. All
networks have relu, no biases and Gaussian weights over the root of a row's
entries; grey values go from 0 to 1, and the rate is halved after each fifth of
the training. Images for validation are kept as in the laboratory on digits.
"""

import time
from itertools import product
from pathlib import Path

import numpy as np

import nnlab
from nnlab import Convolution, Dense, relu, softmax
from studies.digits import digits, save, split

FILE = Path(__file__).with_suffix(".json")
NETWORK = FILE.with_suffix(".npy")
STORE = FILE.with_suffix(".store")  # results so far; removed at the end

BASE = {
    "layers": "dense",  # a name in `layers`
    "shuffled": False,  # whether the pixels stand in one random order
    "images": 4000,  # for training
    "own_split": False,  # whether each start has a split of its own
    "epochs": 5,
    "batch": 10,  # images per step
    "gamma": 0.2,  # step size of the first epoch
    "alpha": 1,  # weight of the newest gradient; 1 is no momentum
    "lam": 0,  # factor of L2
    "starts": [1, 2],  # seeds of images, weights and batches, for all rows
}
ORDER = np.random.default_rng(0).permutation(784)  # of the shuffled pixels
GAMMAS = [0.1, 0.2, 0.4, 0.8]
PENALTIES = [3e-4, 1e-3, 3e-3]
ARMS = {  # what is compared, and which penalties are tried
    "dense": ({"layers": "dense"}, [0, *PENALTIES]),
    "conv": ({"layers": "conv"}, [0, *PENALTIES]),
    "deep": ({"layers": "deep"}, [0]),
    "shuffled": ({"layers": "conv", "shuffled": True}, [0]),
}
KEPT = 21  # the start whose network is kept
SHIFTS = range(-6, 7)  # pixels to the right
FRESH = {"own_split": True, "starts": [*range(11, 17)]}  # for what was chosen


def layers(name):
    """Return the layers of a new network."""
    first = Convolution(8, 5, (28, 28), relu, False)
    below = {
        "dense": [Dense(784, 200, relu, False)],
        "deep": [Dense(784, 200, relu, False), Dense(200, 200, relu, False)],
        "conv": [first, Dense(8 * 24 * 24, 200, relu, False)],
        "two": [first, Convolution(8, 5, (8, 24, 24), relu, False)],
    }[name]
    return [*below, Dense(below[-1].n_out, 10, softmax, False)]


def grid():
    """Return what is tried on few images: every arm with the same rates."""
    return [
        {"study": "grid", "arm": arm}
        | BASE
        | values
        | {"lam": lam, "gamma": gamma}
        for arm, (values, penalties) in ARMS.items()
        for lam, gamma in product(penalties, GAMMAS)
    ]


def chosen(rows):
    """Return the best row of each arm without and with L2, to run afresh."""
    fresh = {"study": "chosen"} | FRESH
    groups = {}
    for row in rows:
        groups.setdefault((row["arm"], row["lam"] > 0), []).append(row)
    return [settings(best(group)) | fresh for group in groups.values()]


def every():
    """Return what is tried on 50,000 images, with two conv layers."""
    fixed = {"study": "every", "arm": "two", "layers": "two", "alpha": 0.1}
    fixed |= {"images": 50_000, "batch": 20, "starts": [1]}
    return [BASE | fixed | {"gamma": gamma} for gamma in (0.05, 0.1)]


def final(rows):
    """Return the best of them, for all images and fresh starts."""
    starts = [KEPT, KEPT + 1, KEPT + 2]
    fresh = {"study": "final", "images": 60_000, "starts": starts}
    return [settings(best(rows)) | fresh]


def best(rows):
    """Return the row with the best mean accuracy on validation images."""
    return max(rows, key=lambda row: np.mean(row["unseen"]))


def settings(row):
    """Return a row without its results."""
    return {name: row[name] for name in ("study", "arm", *BASE)}


def kept():
    """Return the first network of the last row."""
    network = nnlab.Network(
        layers("two"), cost=nnlab.cross_entropy, dtype=np.float32
    )
    network.theta = np.load(NETWORK)
    return network


def samples(seed, images, own_split, shuffled):
    """Return training images with labels, and unseen ones.

    Where all 60,000 are for training, the unseen ones are the test images.
    """
    X, labels = digits()
    training, held_out = split(seed if own_split else 0)
    rng = np.random.default_rng(seed)
    if images == len(X):
        *_, others, truth = nnlab.datasets.mnist()
        training = np.arange(images)
        others = nnlab.datasets.as_rows(others, np.float32)
    else:
        others, truth = X[held_out], labels[held_out]
    drawn = rng.permutation(training)[:images]
    order = ORDER if shuffled else slice(None)
    X, others = (np.ascontiguousarray(a[:, order]) for a in (X[drawn], others))
    return (X, labels[drawn]), (others, truth.astype(int)), rng


def trained(seed, name, epochs, batch, gamma, alpha, lam, **which):
    """Train a network; return it with its training and unseen data."""
    known, unseen, rng = samples(seed, **which)
    network = nnlab.Network(
        layers(name),
        cost=nnlab.cross_entropy,
        regularizer=nnlab.l2(lam) if lam else None,
        rng=rng,
        dtype=np.float32,
    )
    optimizer = nnlab.HeavyBall(
        lambda epoch: gamma * 0.5 ** (5 * epoch // epochs), alpha
    )
    nnlab.train(network, *known, optimizer, epochs, batch, rng)
    return network, known, unseen


def scores(network, X, labels):
    """Return the mean loss and the accuracy, in parts that fit into memory."""
    parts = np.split(np.arange(len(X)), len(X) // 500)
    losses = [network.losses(X[p], labels[p]) for p in parts]
    right = [network.predict(X[p]) == labels[p] for p in parts]
    return np.mean(losses, dtype=float), np.mean(right)


def moved(X, right):
    """Return images moved sideways; what leaves them is lost."""
    images = np.zeros((len(X), 28, 28), X.dtype)
    old, new = np.arange(28), np.arange(28) + right
    inside = (new >= 0) & (new < 28)
    images[:, :, new[inside]] = X.reshape(-1, 28, 28)[:, :, old[inside]]
    return images.reshape(len(X), -1)


def measure(study, arm, starts, rng=None, **values):
    """Return accuracies, losses on unseen images, and seconds, by start.

    For a setting that was chosen also the accuracies on 2000 of the unseen
    images, moved to the left and to the right as SHIFTS says.
    """
    rows, shifted, values["name"] = [], [], values.pop("layers")
    for seed in starts:
        began = time.process_time()
        network, known, unseen = trained(seed, **values)
        seconds = time.process_time() - began
        loss, accuracy = scores(network, *unseen)
        rows.append((loss, scores(network, *known)[1], accuracy, seconds))
        X, labels = unseen[0][::5], unseen[1][::5]
        if study == "chosen" and not values["shuffled"]:
            each = [scores(network, moved(X, by), labels) for by in SHIFTS]
            shifted.append([round(share, 4) for _, share in each])
        if study == "final" and seed == KEPT:
            np.save(NETWORK, network.theta)
    names = "loss", "training", "unseen", "seconds"
    found = dict(zip(names, np.round(np.transpose(rows), 4).tolist()))
    return found | ({"shifted": shifted} if shifted else {})


def run(rows):
    """Return rows with their results; each start is a point of the sweep."""
    points = [
        row | {"starts": [start]} for row in rows for start in row["starts"]
    ]
    found = iter(
        nnlab.sweep(measure, points, n_jobs=-1, store=STORE, progress=True)
    )
    results = []
    for row in rows:
        each = [next(found) for _ in row["starts"]]
        merged = {name: [one[name][0] for one in each] for name in each[0]}
        results.append(row | merged)
    return results


def write():
    """Run all studies and write the files."""
    rows = run(grid())
    rows += run(chosen(rows) + every())
    rows += run(final([row for row in rows if row["study"] == "every"]))
    save(FILE, rows, sum(sum(row["seconds"]) for row in rows))
    STORE.unlink()


if __name__ == "__main__":
    write()
