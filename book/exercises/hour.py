"""What the tasks of the hour need beyond a line."""

import numpy as np

from exercises.tools import short
from nnlab import Network, cross_entropy, sigmoid, softmax

# Samples as columns.


def networks():
    """Cases: weights, biases and samples as columns."""
    for seed, sizes in enumerate([(2, 2, 1), (3, 2, 4), (4, 3, 2, 2)]):
        rng, m = np.random.default_rng(seed), (3, 4, 2)[seed]
        layers = list(enumerate(zip(sizes[1:], sizes), start=1))
        yield {
            "W": {k: short(rng, *shape) for k, shape in layers},
            "b": {k: short(rng, n) for k, (n, _) in layers},
            "X": short(rng, sizes[0], m),
            "Y": rng.integers(0, 2, (sizes[-1], m)) * 1.0,
        }


def backprop_columns(W, b, X, Y):
    """The same as on the page, for samples as columns."""
    A, dW, db = {0: X}, {}, {}
    for layer in W:
        A[layer] = sigmoid(W[layer] @ A[layer - 1] + b[layer][:, None])
    sent = (A[len(W)] - Y) / X.shape[1]
    for layer in reversed(W):
        Delta = sent * A[layer] * (1 - A[layer])
        db[layer] = Delta.sum(axis=1)
        dW[layer] = Delta @ A[layer - 1].T
        sent = W[layer].T @ Delta
    return dW, db


def by_rows(W, b, X, Y):
    """Turn the samples into rows, and do as on the page."""
    A, dW, db = {0: X.T}, {}, {}
    for layer in sorted(W):
        A[layer] = sigmoid(A[layer - 1] @ W[layer].T + b[layer])
    sent = (A[len(W)] - Y.T) / X.shape[1]
    for layer in sorted(W, reverse=True):
        Delta = sent * A[layer] * (1 - A[layer])
        db[layer], dW[layer] = (
            np.ones(len(Delta)) @ Delta,
            Delta.T @ A[layer - 1],
        )
        sent = Delta @ W[layer]
    return dW, db


def one_by_one(W, b, X, Y):
    """The mean over the samples, each by itself."""
    m, L = X.shape[1], len(W)
    dW = {layer: np.zeros_like(W[layer]) for layer in W}
    db = {layer: np.zeros_like(b[layer]) for layer in W}
    for x, y in zip(X.T, Y.T):
        a = [x]
        for layer in W:
            a.append(sigmoid(W[layer] @ a[-1] + b[layer]))
        sent = a[L] - y
        for layer in reversed(W):
            delta = sent * a[layer] * (1 - a[layer])
            dW[layer] += np.outer(delta, a[layer - 1]) / m
            db[layer] += delta / m
            sent = W[layer].T @ delta
    return dW, db


def without_mean(W, b, X, Y):
    """The sum over the samples."""
    dW, db = backprop_columns(W, b, X, Y)
    m = X.shape[1]
    return {k: m * dW[k] for k in dW}, {k: m * db[k] for k in db}


def mean_over_inputs(W, b, X, Y):
    """Divided by the number of inputs."""
    dW, db = without_mean(W, b, X, Y)
    n = X.shape[0]
    return {k: dW[k] / n for k in dW}, {k: db[k] / n for k in db}


# One step of training with softmax and cross-entropy.


def batches():
    """Cases: a network with one hidden layer, and a batch."""
    for seed, sizes in enumerate([(2, 2, 2), (3, 4, 3)]):
        rng = np.random.default_rng(seed)
        layers = list(enumerate(zip(sizes[1:], sizes), start=1))
        yield {
            "W": {k: short(rng, *shape) for k, shape in layers},
            "b": {k: short(rng, n) for k, (n, _) in layers},
            "X": short(rng, 3, sizes[0]),
            "Y": np.eye(sizes[-1])[rng.integers(0, sizes[-1], 3)],
            "gamma": 0.5,
        }


def step(W, b, X, Y, gamma):
    """One step along the gradient."""
    A1 = sigmoid(X @ W[1].T + b[1])
    P = softmax(A1 @ W[2].T + b[2])
    Delta2 = (P - Y) / len(X)
    Delta1 = (Delta2 @ W[2]) * A1 * (1 - A1)
    W = {1: W[1] - gamma * Delta1.T @ X, 2: W[2] - gamma * Delta2.T @ A1}
    b = {1: b[1] - gamma * Delta1.sum(axis=0), 2: b[2] - gamma * Delta2.sum(0)}
    return W, b


def step_of_nnlab(W, b, X, Y, gamma):
    """The same, by the library."""
    sizes = [X.shape[1], len(b[1]), len(b[2])]
    net = Network(sizes, sigmoid, softmax, cost=cross_entropy)
    parts = (W[1].ravel(), b[1], W[2].ravel(), b[2])
    net.theta = np.concatenate(parts)
    net.theta = net.theta - gamma * net.backprop(X, Y.argmax(axis=1)).theta
    return dict(enumerate(net.weights, 1)), dict(enumerate(net.biases, 1))


def step_kept(W, b, X, Y, gamma):
    """The old weights are kept under another name."""
    old = W[2].copy()
    A1 = sigmoid(X @ W[1].T + b[1])
    Delta2 = (softmax(A1 @ W[2].T + b[2]) - Y) / len(X)
    W[2] -= gamma * Delta2.T @ A1
    b[2] -= gamma * Delta2.sum(axis=0)
    Delta1 = (Delta2 @ old) * A1 * (1 - A1)
    W[1] -= gamma * Delta1.T @ X
    b[1] -= gamma * Delta1.sum(axis=0)
    return W, b


def step_too_early(W, b, X, Y, gamma):
    """The message goes down through the new weights."""
    A1 = sigmoid(X @ W[1].T + b[1])
    Delta2 = (softmax(A1 @ W[2].T + b[2]) - Y) / len(X)
    W[2] -= gamma * Delta2.T @ A1
    b[2] -= gamma * Delta2.sum(axis=0)
    Delta1 = (Delta2 @ W[2]) * A1 * (1 - A1)
    W[1] -= gamma * Delta1.T @ X
    b[1] -= gamma * Delta1.sum(axis=0)
    return W, b


def step_without_slope(W, b, X, Y, gamma):
    """The hidden slope is left out."""
    A1 = sigmoid(X @ W[1].T + b[1])
    Delta2 = (softmax(A1 @ W[2].T + b[2]) - Y) / len(X)
    Delta1 = Delta2 @ W[2]
    W = {1: W[1] - gamma * Delta1.T @ X, 2: W[2] - gamma * Delta2.T @ A1}
    b = {1: b[1] - gamma * Delta1.sum(axis=0), 2: b[2] - gamma * Delta2.sum(0)}
    return W, b
