"""What the tasks of the chapter on networks need beyond a line."""

import numpy as np

from exercises.tools import arrays, short
from nnlab import sigmoid, softmax, tanh


def layers():
    """Cases: a batch as rows, weights, biases, an activation function."""
    for case, g in zip(
        arrays(A="mj", W="ij", b="i")(), (sigmoid, tanh, softmax)
    ):
        yield {**case, "g": g}


def sample_gradients():
    """Cases: the gradients of samples, (m, n, k), a matrix, lambda."""
    for seed, shape in enumerate([(2, 3, 2), (4, 2, 2), (3, 1, 3)]):
        rng = np.random.default_rng(seed)
        yield {"G": short(rng, *shape), "W": short(rng, *shape[1:]), "lam": 0.1}
