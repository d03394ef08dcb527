"""Functions of the tasks on the cross-entropy."""

import numpy as np

from exercises.tools import short
from nnlab import log_softmax, softmax


def batches():
    """Yield scores (m, n) and labels (m,); the last scores are very large."""
    rng = np.random.default_rng(5)
    for m, n in (3, 4), (4, 2):
        yield {"Z": short(rng, m, n), "t": rng.integers(0, n, m)}
    large = np.array([[1600.0, 0.5, -700.0], [-300.0, 800.0, 800.5]])
    yield {"Z": large, "t": np.array([1, 0])}


def cost_and_error(Z, t):
    """Return the mean cost, and the error of every score."""
    Z = Z - Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    total = E.sum(axis=1, keepdims=True)
    y = np.eye(Z.shape[1])[t]
    cost = np.mean(np.log(total[:, 0]) - (Z * y).sum(axis=1))
    return cost, (E / total - y) / len(t)


def by_log_softmax(Z, t):
    """Do the same with the library."""
    rows = np.arange(len(t))
    error = softmax(Z)
    error[rows, t] -= 1
    return -np.mean(log_softmax(Z)[rows, t]), error / len(t)


def one_by_one(Z, t):
    """Do the same with a loop over samples."""
    cost, errors = 0.0, []
    for z, label in zip(Z, t):
        largest = z.max()
        log_sum = largest + np.log(np.sum(np.exp(z - largest)))
        cost += (log_sum - z[label]) / len(t)
        y = np.arange(len(z)) == label
        errors.append((np.exp(z - log_sum) - y) / len(t))
    return cost, np.array(errors)


def through_p(Z, t):
    """Take the logarithm of what may have become 0."""
    p = softmax(Z)
    return -np.mean(np.log(p[np.arange(len(t)), t])), one_by_one(Z, t)[1]


def overflowing(Z, t):
    """Forget to subtract the largest score."""
    E = np.exp(Z)
    total = E.sum(axis=1, keepdims=True)
    y = np.eye(Z.shape[1])[t]
    cost = np.mean(np.log(total[:, 0]) - (Z * y).sum(axis=1))
    return cost, (E / total - y) / len(t)


def without_m(Z, t):
    """Forget that the cost is a mean."""
    cost, error = one_by_one(Z, t)
    return cost, error * len(t)


def summed(Z, t):
    """Add the costs up, and the errors belong to the sum."""
    cost, error = one_by_one(Z, t)
    return cost * len(t), error * len(t)


def descents():
    """Yield weights, a batch and how far to go."""
    rng = np.random.default_rng(6)
    for n, k, m in (3, 2, 4), (2, 3, 3), (3, 3, 1):
        Y = np.eye(n)[rng.integers(0, n, m)]
        W, X = short(rng, n, k), short(rng, m, k)
        yield {"W": W, "X": X, "Y": Y, "gamma": 0.5, "steps": 2}


def slow(W, X, Y, gamma, steps):
    """Train; the slope is there twice."""
    for _ in range(steps):
        P = softmax(X @ W.T)
        Delta = (P - Y) * P * (1 - P) / len(X)
        W = W - gamma * Delta.T @ X
    return W


def descended(W, X, Y, gamma, steps):
    """Train as it should be."""
    for _ in range(steps):
        P = softmax(X @ W.T)
        Delta = (P - Y) / len(X)
        W = W - gamma * Delta.T @ X
    return W


def descended_by_pullback(W, X, Y, gamma, steps):
    """Train, by way of the probabilities."""
    for _ in range(steps):
        Z = X @ W.T
        Delta = softmax.pullback(Z, -Y / softmax(Z)) / len(X)
        W = W - gamma * Delta.T @ X
    return W


def descended_one_by_one(W, X, Y, gamma, steps):
    """Train, sample by sample."""
    for _ in range(steps):
        pairs = zip(X, Y)
        mean = sum(np.outer(softmax(W @ x) - y, x) for x, y in pairs) / len(X)
        W = W - gamma * mean
    return W


def descended_without_m(W, X, Y, gamma, steps):
    """Train on the sum."""
    return descended(W, X, Y, gamma * len(X), steps)


def slope_alone(W, X, Y, gamma, steps):
    """Train with one of the two factors of the slope."""
    for _ in range(steps):
        P = softmax(X @ W.T)
        Delta = (P - Y) * (1 - P) / len(X)
        W = W - gamma * Delta.T @ X
    return W
