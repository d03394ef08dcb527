"""Functions of the tasks on graphs."""

import numpy as np

from exercises.tools import short


def skips():
    """Yield inputs, weights and messages of a layer with a skip connection."""
    rng = np.random.default_rng(1)
    for n in 2, 1, 4:
        yield {
            "x": short(rng, n, 1),
            "W": short(rng, n, n) / 2,
            "v": short(rng, n, 1),
        }


def slides():
    """Yield weights that slide along inputs, and messages."""
    rng = np.random.default_rng(2)
    for _ in range(3):
        yield {
            "w": short(rng, 3, 1),
            "x": short(rng, 8, 1),
            "v": short(rng, 6, 1),
        }


def pools():
    """Yield pairs and messages; no two numbers of a pair are equal."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        yield {"x": short(rng, 8, 1), "v": short(rng, 4, 1)}


def skip_back(x, W, v):
    """Return the messages at x and at W."""
    delta = (1 - np.tanh(W @ x) ** 2) * v
    return v + W.T @ delta, delta @ x.T


def skip_by_outer(x, W, v):
    """Do it with other products."""
    a = np.tanh(W @ x)
    delta = v - v * a * a
    return (delta.T @ W).T + v, np.outer(delta, x)


def skip_by_units(x, W, v):
    """Do it unit by unit."""
    dx, dW = v.copy(), np.zeros(W.shape)
    for i in range(len(W)):
        delta = v[i, 0] / np.cosh(W[i] @ x[:, 0]) ** 2
        dx[:, 0] += W[i] * delta
        dW[i] = delta * x[:, 0]
    return dx, dW


def skip_forgotten(x, W, v):
    """Forget the direct way."""
    dx, dW = skip_back(x, W, v)
    return dx - v, dW


def skip_without_slope(x, W, v):
    """Forget the slope of the activation."""
    return v + W.T @ v, v @ x.T


def skip_by_jacobian(x, W, v):
    """Form the Jacobian of the activation."""
    delta = np.diag(1 - np.tanh(W @ x)[:, 0] ** 2) @ v
    return v + W.T @ delta, delta @ x.T


def slide_back(w, x, v):
    """Return the messages at w and at x."""
    dw = [x[k : k + 6, 0] @ v[:, 0] for k in range(3)]
    dx = np.zeros(8)
    for k in range(3):
        dx[k : k + 6] += w[k, 0] * v[:, 0]
    return np.array(dw)[:, None], dx[:, None]


def slide_by_convolve(w, x, v):
    """Let NumPy slide."""
    dw = np.correlate(x[:, 0], v[:, 0], "valid")
    return dw[:, None], np.convolve(v[:, 0], w[:, 0])[:, None]


def slide_by_matrix(w, x, v):
    """Write every arrow into a matrix."""
    band = sum(w[k] * np.eye(6, 8, k) for k in range(3))
    own = v @ x.T
    dw = [own.trace(offset=k) for k in range(3)]
    return np.array(dw)[:, None], band.T @ v


def slide_turned(w, x, v):
    """Slide the weights over the message in the same direction."""
    padded = np.pad(v[:, 0], 2)
    dx = np.correlate(padded, w[:, 0], "valid")
    return slide_back(w, x, v)[0], dx[:, None]


def slide_first(w, x, v):
    """Count one use of each weight only."""
    return v[0, 0] * x[:3], slide_back(w, x, v)[1]


def pool_back(x, v):
    """Return the message at x."""
    pairs = x.reshape(4, 2)
    chosen = pairs == pairs.max(axis=1, keepdims=True)
    return (chosen * v).reshape(8, 1)


def pool_by_index(x, v):
    """Do it with indices."""
    dx = np.zeros_like(x)
    winners = 2 * np.arange(4) + x.reshape(4, 2).argmax(axis=1)
    dx[winners] = v
    return dx


def pool_in_a_loop(x, v):
    """Do it pair by pair."""
    dx = np.zeros_like(x)
    for i in range(4):
        first, second = x[2 * i, 0], x[2 * i + 1, 0]
        dx[2 * i + (second > first)] = v[i]
    return dx


def pool_to_both(x, v):
    """Give the message to both."""
    return np.repeat(v, 2, axis=0)


def pool_shared(x, v):
    """Share the message out."""
    return np.repeat(v, 2, axis=0) / 2


def pool_times_value(x, v):
    """Multiply by the value, as a product would."""
    return pool_back(x, v) * x


def columns():
    """Yield columns of scores, the last one with large numbers."""
    rng = np.random.default_rng(4)
    yield {"A": short(rng, 3, 1), "v": 0.7}
    yield {"A": short(rng, 2, 1), "v": -1.5}
    yield {"A": np.array([[-900.0], [901.5], [900.0], [-800.0]]), "v": 2.0}


def log_sum_exp(A, v):
    """Return the value of the node and the message at its input."""
    largest = A.max()
    e = np.exp(A - largest)
    return largest + np.log(e.sum()), v * e / e.sum()


def log_sum_exp_pairwise(A, v):
    """Do it with a function of NumPy."""
    value = np.logaddexp.reduce(A[:, 0])
    return value, v * np.exp(A - value)


def log_sum_exp_in_a_loop(A, v):
    """Do it entry by entry."""
    top = max(A[:, 0])
    total = sum(np.exp(a - top) for a in A[:, 0])
    shares = [[v * np.exp(a - top) / total] for a in A[:, 0]]
    return top + np.log(total), np.array(shares)


def node_overflowing(A, v):
    """Forget the shift."""
    e = np.exp(A)
    return np.log(e.sum()), v * e / e.sum()


def node_without_message(A, v):
    """Return the slopes, not the message."""
    value, _ = log_sum_exp(A, v)
    return value, np.exp(A - value)


def node_with_one_over(A, v):
    """Differentiate the logarithm and stop there."""
    largest = A.max()
    total = np.exp(A - largest).sum()
    message = np.full(A.shape, v * np.exp(-largest) / total)
    return largest + np.log(total), message


def node_shift_lost(A, v):
    """Subtract the largest, and do not add it again."""
    value, message = log_sum_exp(A, v)
    return value - A.max(), message
