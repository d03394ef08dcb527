"""Functions of the tasks on the delta recursion."""

from itertools import pairwise

import numpy as np

from exercises.tools import short
from nnlab import Network, cross_entropy, softmax, tanh


def stacks():
    """Yield networks of three depths: weights, slopes, and the last error."""
    rng = np.random.default_rng(3)
    for sizes in [3, 2, 4], [2, 3], [3, 3, 3, 3]:
        yield {
            "W": [short(rng, *pair[::-1]) for pair in pairwise(sizes)],
            "slope": [short(rng, n) / 10 for n in sizes[:-1]],
            "last": short(rng, sizes[-1]),
        }


def errors(W, slope, last):
    """Return the errors of all layers, from the first to the last."""
    delta = [last]
    for weights, here in zip(W[::-1], slope[::-1]):
        delta.append(here * (weights.T @ delta[-1]))
    return delta[::-1]


def errors_by_index(W, slope, last):
    """Do the same with an index."""
    delta = [None] * len(W) + [last]
    for k in reversed(range(len(W))):
        delta[k] = (delta[k + 1] @ W[k]) * slope[k]
    return delta


def errors_unit_by_unit(W, slope, last):
    """Do the same with sums over the units above."""
    delta = [last]
    for k in range(len(W) - 1, -1, -1):
        here = [
            slope[k][j] * sum(W[k][i, j] * d for i, d in enumerate(delta[0]))
            for j in range(len(slope[k]))
        ]
        delta.insert(0, np.array(here))
    return delta


def errors_without_slopes(W, slope, last):
    """Listen, and forget the slopes."""
    return errors(W, [np.ones_like(each) for each in slope], last)


def errors_from_the_last(W, slope, last):
    """Give them in the order in which they are computed."""
    return errors(W, slope, last)[::-1]


def errors_without_the_last(W, slope, last):
    """Give the hidden ones only."""
    return errors(W, slope, last)[:-1]


def samples():
    """Yield networks with one hidden layer, and batches."""
    rng = np.random.default_rng(4)
    for n0, n1, n2, m in (3, 2, 4, 2), (2, 4, 2, 3), (3, 3, 3, 1):
        yield {
            "W1": short(rng, n1, n0),
            "b1": short(rng, n1),
            "W2": short(rng, n2, n1),
            "b2": short(rng, n2),
            "X": short(rng, m, n0) / 4,
            "Y": np.eye(n2)[rng.integers(0, n2, m)],
        }


def gradient(W1, b1, W2, b2, X, Y):
    """Return the four derivatives of the mean cost: tanh, then softmax."""
    A = np.tanh(X @ W1.T + b1)
    P = softmax(A @ W2.T + b2)
    D2 = (P - Y) / len(X)
    D1 = (D2 @ W2) * (1 - A * A)
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def gradient_one_by_one(W1, b1, W2, b2, X, Y):
    """Add the samples up in a loop."""
    total = [0.0, 0.0, 0.0, 0.0]
    for x, y in zip(X, Y):
        a = np.tanh(W1 @ x + b1)
        d2 = (softmax(W2 @ a + b2) - y) / len(X)
        d1 = (1 - a**2) * (W2.T @ d2)
        parts = np.outer(d1, x), d1, np.outer(d2, a), d2
        total = [so_far + part for so_far, part in zip(total, parts)]
    return total


def gradient_of_nnlab(W1, b1, W2, b2, X, Y):
    """Ask the library."""
    kinds = {"hidden": tanh, "output": softmax, "cost": cross_entropy}
    net = Network([W1.shape[1], len(b1), len(b2)], **kinds)
    net.theta[...] = np.concatenate([p.ravel() for p in (W1, b1, W2, b2)])
    found = net.backprop(X, Y)
    (dW1, dW2), (db1, db2) = found.weights, found.biases
    return dW1, db1, dW2, db2


def gradient_of_the_sum(W1, b1, W2, b2, X, Y):
    """Forget the mean."""
    return [len(X) * part for part in gradient(W1, b1, W2, b2, X, Y)]


def gradient_with_sigmoid_slope(W1, b1, W2, b2, X, Y):
    """Take the slope of another activation."""
    A = np.tanh(X @ W1.T + b1)
    D2 = (softmax(A @ W2.T + b2) - Y) / len(X)
    D1 = (D2 @ W2) * A * (1 - A)
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def gradient_with_a_slope_too_many(W1, b1, W2, b2, X, Y):
    """Multiply the output error by a slope that has cancelled."""
    A = np.tanh(X @ W1.T + b1)
    P = softmax(A @ W2.T + b2)
    D2 = (P - Y) * P * (1 - P) / len(X)
    D1 = (D2 @ W2) * (1 - A**2)
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def fits():
    """Yield networks with one hidden layer, and batches with any targets."""
    rng = np.random.default_rng(7)
    for case in samples():
        yield {**case, "Y": short(rng, *case["Y"].shape)}


def fit_failing(W1, b1, W2, b2, X, Y):
    """Return four derivatives: tanh, then identity, and the quadratic cost."""
    A = np.tanh(X @ W1.T + b1)
    D2 = (A @ W2.T + b2 - Y) / len(X)
    D1 = (D2 @ W2) * (1 - np.tanh(A) ** 2)
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def fit(W1, b1, W2, b2, X, Y):
    """Do it rightly."""
    A = np.tanh(X @ W1.T + b1)
    D2 = (A @ W2.T + b2 - Y) / len(X)
    D1 = (D2 @ W2) * (1 - A**2)
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def fit_by_pullback(W1, b1, W2, b2, X, Y):
    """Do it with the library's activation."""
    Z = X @ W1.T + b1
    D2 = (tanh(Z) @ W2.T + b2 - Y) / len(X)
    D1 = tanh.pullback(Z, D2 @ W2)
    return D1.T @ X, D1.sum(axis=0), D2.T @ tanh(Z), D2.sum(axis=0)


def fit_with_z(W1, b1, W2, b2, X, Y):
    """Take the slope at z, by its own formula."""
    Z = X @ W1.T + b1
    A = np.tanh(Z)
    D2 = (A @ W2.T + b2 - Y) / len(X)
    D1 = (D2 @ W2) / np.cosh(Z) ** 2
    return D1.T @ X, np.sum(D1, axis=0), D2.T @ A, np.sum(D2, axis=0)


def fit_without_slope(W1, b1, W2, b2, X, Y):
    """Leave the slope out."""
    A = np.tanh(X @ W1.T + b1)
    D2 = (A @ W2.T + b2 - Y) / len(X)
    D1 = D2 @ W2
    return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)


def fit_of_the_sum(W1, b1, W2, b2, X, Y):
    """Mend it, and lose the mean."""
    return [len(X) * part for part in fit(W1, b1, W2, b2, X, Y)]
