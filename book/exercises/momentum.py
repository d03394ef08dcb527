"""Functions of the tasks on gradient descent and momentum."""

import numpy as np

from exercises.descents import (
    averaging,
    shares_exchanged,
    valleys,
    with_velocity,
    without_memory,
)
from exercises.tools import short

__all__ = [
    "averaging",
    "shares_exchanged",
    "valleys",
    "with_velocity",
    "without_memory",
]


def too_long(A, theta, gamma, alpha, steps):
    """Mix the two forms."""
    phi = np.zeros_like(theta)
    for _ in range(steps):
        phi = (1 - alpha) * phi + A @ theta
        theta = theta - gamma * phi
    return theta


def polyak(A, theta, gamma, alpha, steps):
    """Take the form with two places."""
    before = theta
    for _ in range(steps):
        inertia = (1 - alpha) * (theta - before)
        before, theta = theta, theta - gamma * alpha * A @ theta + inertia
    return theta


def lines():
    """Yield data for a fit; an epoch's last batch may be full or smaller."""
    rng = np.random.default_rng(9)
    for m, n, size, epochs in (5, 2, 2, 2), (4, 3, 2, 3), (3, 1, 4, 2):
        yield {
            "w": short(rng, n),
            "X": short(rng, m, n),
            "y": short(rng, m),
            "gamma": 0.1,
            "alpha": 0.3,
            "size": size,
            "epochs": epochs,
        }


def trained(w, X, y, gamma, alpha, size, epochs):
    """Fit by batches with the heavy ball; steps half as long each epoch."""
    phi = np.zeros_like(w)
    for epoch in range(epochs):
        for start in range(0, len(X), size):
            x, target = X[start : start + size], y[start : start + size]
            gradient = x.T @ (x @ w - target) / len(x)
            phi = (1 - alpha) * phi + alpha * gradient
            w = w - gamma * 2**-epoch * phi
    return w


def trained_halving(w, X, y, gamma, alpha, size, epochs):
    """Do the same; the step size is a variable."""
    w, phi = w.copy(), np.zeros(w.shape)
    cuts = np.arange(size, len(X), size)
    for _ in range(epochs):
        for x, target in zip(np.split(X, cuts), np.split(y, cuts)):
            phi += alpha * (np.mean((x @ w - target) * x.T, axis=1) - phi)
            w -= gamma * phi
        gamma /= 2
    return w


def trained_with_velocity(w, X, y, gamma, alpha, size, epochs):
    """Do the same in the libraries' form."""
    v, eta = 0, alpha * gamma
    for epoch in range(epochs):
        for start in range(0, len(X), size):
            here = slice(start, start + size)
            misses = X[here] @ w - y[here]
            v = (1 - alpha) * v + misses @ X[here] / len(misses)
            w = w - eta / 2**epoch * v
    return w


def forgetful(w, X, y, gamma, alpha, size, epochs):
    """Begin each epoch with an average of zero."""
    for epoch in range(epochs):
        w = trained(w, X, y, gamma * 2**-epoch, alpha, size, 1)
    return w


def never_shorter(w, X, y, gamma, alpha, size, epochs):
    """Keep the step size."""
    phi = np.zeros_like(w)
    for start in list(range(0, len(X), size)) * epochs:
        x, target = X[start : start + size], y[start : start + size]
        phi = (1 - alpha) * phi + alpha * x.T @ (x @ w - target) / len(x)
        w = w - gamma * phi
    return w


def full_size(w, X, y, gamma, alpha, size, epochs):
    """Divide by the size of a full batch."""
    phi = np.zeros_like(w)
    for epoch in range(epochs):
        for start in range(0, len(X), size):
            x, target = X[start : start + size], y[start : start + size]
            phi = (1 - alpha) * phi + alpha * x.T @ (x @ w - target) / size
            w = w - gamma * 2**-epoch * phi
    return w


def plain(w, X, y, gamma, alpha, size, epochs):
    """Fit without an average."""
    return trained(w, X, y, gamma, 1.0, size, epochs)
