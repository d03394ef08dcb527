"""The matrix products of a gradient and nothing else: the limit that no NumPy code can beat."""

from itertools import pairwise

import numpy as np


def products(task):
    """Return a function that does the products of one step by np.dot, into ready arrays.

    z = W a forward, v = W^T delta backward (not to the input), dW = delta a^T; the layout in
    memory is the one of nnlab: the input's rows are samples, all else has samples as columns.
    """
    sizes, m, dtype = task.case.sizes, task.case.batch, task.case.dtype
    W = [W.copy() for W in task.network.weights]
    a = [np.ascontiguousarray(task.X[:m]).T, *(np.ones((n, m), dtype) for n in sizes[1:])]
    out = [np.empty((n, m), dtype) for n in sizes]
    dW = [np.empty((n, k), dtype) for k, n in pairwise(sizes)]
    layers = range(len(W))
    todo = [
        *((W[i], a[i], out[i + 1]) for i in layers),
        *((W[i].T, a[i + 1], out[i]) for i in reversed(layers[1:])),
        *((a[i + 1], a[i].T, dW[i]) for i in layers),
    ]

    def compute():
        for left, right, result in todo:
            np.dot(left, right, out=result)

    return compute
