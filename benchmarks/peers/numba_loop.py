"""A loop that numba compiles: products by BLAS, the rest number by number. A ceiling, see README.

Rows are samples. Every result has an array of its own, which is made once.
"""

import numpy as np
from numba import njit

NAMES = {"sigmoid": 0, "tanh": 1, "softmax": 2}


@njit
def activate(z, b, name, a):
    """Write g(z + b) to `a`."""
    one, two = z.dtype.type(1), z.dtype.type(2)
    for i in range(z.shape[0]):
        if name == 2:
            largest = z[i, 0] + b[0]
            for j in range(z.shape[1]):
                largest = max(largest, z[i, j] + b[j])
            total = z.dtype.type(0)
            for j in range(z.shape[1]):
                a[i, j] = np.exp(z[i, j] + b[j] - largest)
                total += a[i, j]
            for j in range(z.shape[1]):
                a[i, j] /= total
        else:
            for j in range(z.shape[1]):
                x = z[i, j] + b[j]
                a[i, j] = np.tanh(x) if name == 1 else (one + np.tanh(x / two)) / two


@njit
def times_slope(delta, a, name):
    """Multiply `delta` by g'(z), where a = g(z)."""
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            delta[i, j] *= one - a[i, j] * a[i, j] if name == 1 else a[i, j] * (one - a[i, j])


@njit
def descend(W, b, velocity_W, velocity_b, dW, delta, eta, beta):
    """v <- beta v + gradient, theta <- theta - eta v."""
    for k in range(W.shape[0]):
        db = dW.dtype.type(0)
        for i in range(delta.shape[0]):
            db += delta[i, k]
        velocity_b[k] = beta * velocity_b[k] + db
        b[k] -= eta * velocity_b[k]
        for j in range(W.shape[1]):
            velocity_W[k, j] = beta * velocity_W[k, j] + dW[k, j]
            W[k, j] -= eta * velocity_W[k, j]


@njit
def train_all(W, b, velocity_W, velocity_b, a, delta, dW, X, Y, orders, names, eta, beta):
    """Make one step for each row of `orders`."""
    layers, m = len(W), X.dtype.type(orders.shape[1])
    for rows in orders:
        for i in range(len(rows)):
            a[0][i] = X[rows[i]]
        for n in range(layers):
            np.dot(a[n], W[n].T, delta[n])
            activate(delta[n], b[n], names[n], a[n + 1])
        last = delta[layers - 1]
        for i in range(last.shape[0]):
            for j in range(last.shape[1]):
                last[i, j] = (a[layers][i, j] - Y[rows[i], j]) / m
        for n in range(layers - 1, -1, -1):
            if names[n] != 2:  # the softmax has its cross-entropy, and that the whole derivative
                times_slope(delta[n], a[n + 1], names[n])
            np.dot(delta[n].T, a[n], dW[n])
            if n:
                np.dot(delta[n], W[n], delta[n - 1])
            descend(W[n], b[n], velocity_W[n], velocity_b[n], dW[n], delta[n], eta, beta)


def trainer(task):
    """Train by one call for all epochs; the rows of every batch are given to it beforehand."""
    case, X, Y, network = task.case, task.X, np.asarray(task.targets), task.network
    W, b = (tuple(p.copy() for p in kind) for kind in (network.weights, network.biases))
    velocity = (tuple(map(np.zeros_like, kind)) for kind in (W, b))
    a = tuple(np.empty((case.batch, n), X.dtype) for n in case.sizes)
    delta, dW = tuple(map(np.empty_like, a[1:])), tuple(map(np.empty_like, W))
    names = np.array([NAMES[case.hidden]] * (len(W) - 1) + [NAMES[case.output]])
    fixed = (W, b, *velocity, a, delta, dW, X, Y)
    eta, beta = map(X.dtype.type, (case.eta, case.beta))

    def train(epochs, rng=None):
        train_all(*fixed, task.orders(epochs, rng), names, eta, beta)

    return train, lambda: task.flat(W, b)
