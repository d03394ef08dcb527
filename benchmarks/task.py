"""One case with its data and its start, in the forms that the peers take; the check of a peer."""

from dataclasses import dataclass, replace

import numpy as np

import nnlab
from benchmarks.peers import library
from benchmarks.workloads import DATA, FUNCTIONS, Case

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}


@dataclass
class Task:
    """The data, and a network at the start that all peers have in common."""

    case: Case
    X: np.ndarray  # (m, n_0)
    Y: np.ndarray  # labels (m,), or (m, n_L)

    @classmethod
    def of(cls, case):
        """Load the data."""
        X, Y = DATA[case.data](case)
        return cls(case, X, Y[:, None] if Y.ndim == 1 and Y.dtype.kind == "f" else Y)

    def __post_init__(self):
        self.network = self.start()

    def start(self, seed=1):
        """Return a network at its random start."""
        case, rng = self.case, np.random.default_rng(seed)
        hidden, output, cost = (getattr(nnlab, getattr(case, name)) for name in FUNCTIONS)
        if not case.kernels:
            functions = {"hidden": hidden, "output": output, "cost": cost}
            return nnlab.Network(case.sizes, **functions, rng=rng, dtype=case.dtype)
        convolution = nnlab.Convolution(case.kernels, 5, (28, 28), hidden)
        layers = [convolution, nnlab.Dense(*case.sizes[1:], output)]
        return nnlab.Network(layers, cost=cost, rng=rng, dtype=case.dtype)

    @property
    def targets(self):
        """The targets as vectors: labels become unit vectors."""
        labels = self.Y.ndim == 1
        return nnlab.one_hot(self.Y, self.case.sizes[-1], self.X.dtype) if labels else self.Y

    def batches(self, rng):
        """Return the batches of an epoch as `nnlab.train` takes them: in order, or shuffled."""
        m, size = len(self.X), self.case.batch
        if rng is None:
            return [slice(start, start + size) for start in range(0, m, size)]
        order = rng.permutation(m)
        return [order[start : start + size] for start in range(0, m, size)]

    def orders(self, epochs, rng):
        """Return the rows of all batches of so many epochs at once, (steps, B)."""
        m = len(self.X)
        orders = [np.arange(m) if rng is None else rng.permutation(m) for _ in range(epochs)]
        return np.concatenate(orders).reshape(-1, self.case.batch)

    def flat(self, weights, biases):
        """Return all parameters in the order of `Network.theta`."""
        layers = zip(weights, biases)
        return np.concatenate([np.ravel(part) for layer in layers for part in layer])


def check(task, peer):
    """Raise unless the peer's cost after ten steps is the one of nnlab, from the same start.

    In order, not shuffled, so that all peers see the same batches.
    """
    case = getattr(peer, "comparable", lambda case: case)(task.case)
    rows = slice(10 * case.batch)
    small = Task(case, task.X[rows], task.Y[rows])
    epochs = -(-10 * case.batch // len(small.X))
    cost = []
    for trained in (library, peer):
        train, theta = trained.trainer(replace(small))
        train(epochs)
        cost.append(small.network.at(np.asarray(theta())).cost(small.X, small.Y))
    compare(case, peer, *cost)


def compare(case, peer, expected, found):
    """Raise unless two numbers agree, or the largest entries of two arrays' difference is small."""
    error = np.max(np.abs(np.subtract(found, expected))) / np.max(np.abs(expected))
    if not error < TOLERANCE[case.dtype]:
        raise ValueError(
            f"{case.key}: {peer.__name__} computes something else than nnlab, "
            f"relative difference {error:.1e}"
        )
