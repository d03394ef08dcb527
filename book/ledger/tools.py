"""What checks and forms share: random shapes, comparison, complex steps."""

from functools import cache, wraps
from itertools import pairwise  # noqa: F401
from math import ceil  # noqa: F401

import numpy as np

from nnlab import Network


def cached(family):
    """Make of a generator of cases a function that returns their list."""
    return wraps(family)(cache(lambda: list(family())))


def cases(count=6):
    """Yield (rng, sizes n_0 to n_3, m): square and not, one sample and many.

    The first cases are a batch of one, a square network and a single output.
    """
    fixed = [((3, 4, 2, 5), 1), ((3, 3, 3, 3), 4), ((2, 5, 3, 1), 7)]
    for seed in range(count):
        rng = np.random.default_rng(seed)
        sizes, m = (
            fixed[seed]
            if seed < len(fixed)
            else (tuple(rng.integers(2, 7, 4)), 5)
        )
        yield rng, tuple(map(int, sizes)), m


def once():
    """Yield one case without names."""
    return [{}]


NESTED = (tuple, list, dict, np.ndarray)


def equal(a, b, tolerance=1e-9):
    """Assert that a is b: in shape and, relatively, in all entries.

    Of tuples and dictionaries each item is compared.
    """
    if isinstance(b, dict):
        assert isinstance(a, dict), f"{a!r} is no dictionary"
        assert set(a) == set(b), f"{sorted(a)} are not {sorted(b)}"
        a, b = [a[key] for key in b], tuple(b.values())
    if isinstance(b, tuple) and any(isinstance(i, NESTED) for i in b):
        assert len(a) == len(b), f"{len(a)} items are not {len(b)}"
        for one, other in zip(a, b):
            equal(one, other, tolerance)
        return
    a, b = np.asarray(a) + 0, np.asarray(b) + 0
    assert a.shape == b.shape, f"shape {a.shape} is not {b.shape}"
    scale = float(np.abs(b).max(initial=1.0))
    difference = float(np.abs(a - b).max(initial=0))
    assert difference <= tolerance * scale, f"differs by {difference:.1e}"


def hadamard(u, v):
    """The product entry by entry, for two arrays of one shape only."""
    assert u.shape == v.shape, f"{u.shape} and {v.shape} have no such product"
    return u * v


def gradient(f, x, step=1e-20):
    """Return the derivative of a number f(x) by every entry of x."""
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * step
        result[index] = np.imag(f(moved)) / step
    return result


def jacobian(f, x, step=1e-20):
    """Return the derivatives of a vector f(x): f's index, then those of x."""
    x = np.asarray(x, dtype=float)
    columns = []
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * step
        columns.append(np.imag(f(moved)) / step)
    return np.stack(columns, axis=1).reshape(len(columns[0]), *x.shape)


def network_of(weights, biases, *functions, **settings):
    """Return nnlab's network with these matrices (and vectors, or None)."""
    sizes = [weights[0].shape[1], *map(len, weights)]
    bias = biases is not None
    parts = [w.ravel() for w in weights] + (list(biases) if bias else [])
    if bias:  # theta has each layer's weights, then its biases
        depth = len(weights)
        parts = [part for k in range(depth) for part in parts[k::depth]]
    network = Network(sizes, *functions, bias=bias, **settings)
    network.theta = np.concatenate(parts)
    return network
