"""nnlab, by its public functions."""

import nnlab
from benchmarks.workloads import NEW

MEMBERS = 100  # of the stack


def optimizer(case, nnlab=nnlab):
    """Return gradient descent, or the heavy ball in its classical form."""
    if case.beta:
        return nnlab.HeavyBall.classical(case.eta, case.beta)
    return nnlab.GradientDescent(case.eta)


def trainer(task, network=None, nnlab=nnlab):
    """Train the task's network, or another one, with `nnlab.train`."""
    case, steps = task.case, optimizer(task.case, nnlab)
    network = task.network if network is None else network

    def train(epochs, rng=None):
        nnlab.train(network, task.X, task.Y, steps, epochs, batch_size=case.batch, rng=rng)

    return train, lambda: network.theta


def gradient(task):
    """Call `Network.backprop`, into the arrays of the last result and into new ones."""
    network, X, Y = task.network, task.X, task.Y
    out = network.backprop(X, Y)
    return {
        "nnlab": lambda: network.backprop(X, Y, out=out).theta,
        NEW: lambda: network.backprop(X, Y).theta,
    }


def together(task):
    """Train a stack of networks, each with a start of its own; `theta` is the first one's."""
    stack = nnlab.Stack([task.network, *(task.start(seed) for seed in range(2, MEMBERS + 1))])
    train, theta = trainer(task, stack)
    return train, lambda: theta()[0]
