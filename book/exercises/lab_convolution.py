"""Functions of the tasks on the laboratory of convolution."""

import numpy as np

from exercises.tools import short


def wide_layers():
    """Yield kernels as rows, pictures, and errors, one column a place."""
    rng = np.random.default_rng(12)
    for k, shape, places in (2, (5, 7), 6), (1, (3, 5), 2), (3, (7, 5), 6):
        yield {
            "W": short(rng, k, 9),
            "a": short(rng, *shape),
            "delta": short(rng, k, places),
        }


def backward(W, a, delta):
    """Return the derivatives by W, b and a; kernels move by two pixels."""
    dW, da, u = np.zeros_like(W), np.zeros_like(a), 0
    for r in range(0, a.shape[0] - 2, 2):
        for c in range(0, a.shape[1] - 2, 2):
            patch = a[r : r + 3, c : c + 3].ravel()
            dW += np.outer(delta[:, u], patch)
            da[r : r + 3, c : c + 3] += (W.T @ delta[:, u]).reshape(3, 3)
            u += 1
    return dW, delta.sum(axis=1), da


def by_products(W, a, delta):
    """Do it with two products."""
    places = np.subtract(a.shape, 1) // 2
    corners = [(2 * r, 2 * c) for r, c in np.ndindex(*places)]
    columns = [a[r : r + 3, c : c + 3].ravel() for r, c in corners]
    back, da = W.T @ delta, np.zeros(a.shape)
    for (r, c), column in zip(corners, back.T):
        da[r : r + 3, c : c + 3] += column.reshape(3, 3)
    return delta @ columns, delta @ np.ones(len(corners)), da


def by_cutting(W, a, delta):
    """Do it with the matrices that cut the patches out."""
    index = np.arange(a.size).reshape(a.shape)
    views = np.lib.stride_tricks.sliding_window_view(index, (3, 3))[::2, ::2]
    where = views.reshape(-1, 9)
    da = np.zeros(a.size)
    np.add.at(da, where.T, W.T @ delta)
    flat = a.ravel()[where]
    return delta @ flat, np.sum(delta, axis=1), da.reshape(a.shape)


def overwriting(W, a, delta):
    """Let the last message win."""
    dW, db, da = backward(W, a, delta)
    for u, (r, c) in enumerate(np.ndindex(*np.subtract(a.shape, 1) // 2)):
        block = (W.T @ delta[:, u]).reshape(3, 3)
        da[2 * r : 2 * r + 3, 2 * c : 2 * c + 3] = block
    return dW, db, da


def bias_over_kernels(W, a, delta):
    """Add the errors of the kernels, not of the places."""
    dW, _, da = backward(W, a, delta)
    return dW, delta.sum(axis=0), da


def one_bias_for_each_place(W, a, delta):
    """Forget to add for the bias."""
    dW, _, da = backward(W, a, delta)
    return dW, delta, da


def mean_over_places(W, a, delta):
    """Take the mean over the places."""
    dW, db, da = backward(W, a, delta)
    places = delta.shape[1]
    return dW / places, db / places, da


def maps():
    """Yield a kernel, and errors as a map."""
    rng = np.random.default_rng(13)
    for size, shape in (3, (3, 4)), (2, (2, 2)), (3, (1, 2)):
        yield {"W": short(rng, size, size), "delta": short(rng, *shape)}


def down_failing(W, delta):
    """Slide the kernel over the padded errors, unturned."""
    size = len(W)
    wide = np.pad(delta, size - 1)
    da = np.zeros(np.add(delta.shape, size - 1))
    for r, c in np.ndindex(*da.shape):
        da[r, c] = np.sum(W * wide[r : r + size, c : c + size])
    return da


def down(W, delta):
    """Lay the kernel where each error looked, and add."""
    size = len(W)
    da = np.zeros(np.add(delta.shape, size - 1))
    for r, c in np.ndindex(*delta.shape):
        da[r : r + size, c : c + size] += delta[r, c] * W
    return da


def down_turned(W, delta):
    """Slide the turned kernel over the padded errors."""
    size = len(W)
    wide = np.pad(delta, size - 1)
    da = np.zeros(np.add(delta.shape, size - 1))
    for r, c in np.ndindex(*da.shape):
        seen = wide[r : r + size, c : c + size]
        da[r, c] = np.sum(np.flip(W) * seen)
    return da


def down_by_weights(W, delta):
    """Move the whole map of errors, once for each weight."""
    size = len(W)
    high, wide = delta.shape
    da = np.zeros((high + size - 1, wide + size - 1))
    for i in range(size):
        for j in range(size):
            da[i : i + high, j : j + wide] += W[i, j] * delta
    return da


def down_transposed(W, delta):
    """Exchange rows and columns of the kernel."""
    return down(W.T, delta)


def down_one_way(W, delta):
    """Turn the kernel along one axis only."""
    return down_failing(W[::-1], delta)
