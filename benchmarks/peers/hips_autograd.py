"""autograd (HIPS): the cost in NumPy, its gradient by tracing; momentum in NumPy."""

import autograd.numpy as np
from autograd import grad
from autograd.scipy.special import expit, logsumexp

ACTIVATIONS = {"sigmoid": expit, "tanh": np.tanh}


def trainer(task):
    """Train with a plain loop."""
    case, X, Y = task.case, task.X, task.targets
    theta = [(W.copy(), b.copy()) for W, b in zip(task.network.weights, task.network.biases)]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in theta]

    def cost(theta, x, y):
        for W, b in theta[:-1]:
            x = ACTIVATIONS[case.hidden](np.dot(x, W.T) + b)
        W, b = theta[-1]
        z = np.dot(x, W.T) + b
        if case.cost == "cross_entropy":
            return np.sum(logsumexp(z, axis=1) - np.sum(y * z, axis=1)) / len(x)
        return 0.5 * np.sum((ACTIVATIONS[case.output](z) - y) ** 2) / len(x)

    gradient = grad(cost)

    def train(epochs, rng=None):
        for _ in range(epochs):
            for rows in task.batches(rng):
                for p, v, g in zip(theta, velocity, gradient(theta, X[rows], Y[rows])):
                    for i in range(2):
                        v[i][...] = case.beta * v[i] + g[i]
                        p[i][...] -= case.eta * v[i]

    return train, lambda: task.flat(*zip(*theta))
