"""What one writes with the formulas at hand: every result in a new array. The yardstick."""

import numpy as np


def sigmoid(z):
    """Return the logistic sigmoid, by its formula."""
    return 1 / (1 + np.exp(-z))


def softmax(z):
    """Return the softmax of each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "softmax": softmax}
SLOPES = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a**2}


def gradient_of(case, weights, biases, X, Y):
    """Return the mean cost and its derivatives; rows are samples, Y holds vectors."""
    activations = [X]
    for layer, (W, b) in enumerate(zip(weights, biases), 1):
        z = activations[-1] @ W.T + b
        g = ACTIVATIONS[case.output if layer == len(weights) else case.hidden]
        activations.append(g(z))
    delta = (activations[-1] - Y) / len(X)
    if case.cost == "cross_entropy":
        cost = -np.mean(np.sum(Y * np.log(activations[-1]), axis=1))
    else:
        cost = np.mean(0.5 * np.sum((activations[-1] - Y) ** 2, axis=1))
        delta = delta * SLOPES[case.output](activations[-1])
    dW, db = [], []
    for W, a in zip(reversed(weights), reversed(activations[:-1])):
        dW.insert(0, delta.T @ a)
        db.insert(0, delta.sum(axis=0))
        if a is not X:
            delta = (delta @ W) * SLOPES[case.hidden](a)
    return cost, dW, db


def trainer(task):
    """Train with plain momentum: v <- beta v + gradient, theta <- theta - eta v."""
    case, network, X, Y = task.case, task.network, task.X, task.targets
    layers = len(network.weights)
    theta = [p.copy() for p in (*network.weights, *network.biases)]
    velocity = [np.zeros_like(p) for p in theta]

    def train(epochs, rng=None):
        history = []
        for _ in range(epochs):
            for rows in task.batches(rng):
                cost, dW, db = gradient_of(case, theta[:layers], theta[layers:], X[rows], Y[rows])
                history.append(cost)
                for i, derivative in enumerate([*dW, *db]):
                    velocity[i] = case.beta * velocity[i] + derivative
                    theta[i] = theta[i] - case.eta * velocity[i]

    return train, lambda: task.flat(theta[:layers], theta[layers:])
