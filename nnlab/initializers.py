"""Initializers: functions ``(sizes, rng) -> weights`` that choose where training starts.

`sizes` are the widths of the layers, input first; the result is one matrix ``(n_l, n_{l-1})`` per
layer of weights. Biases start at zero.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from nnlab._validation import Array, real_number, require

Initializer = Callable[[Sequence[int], np.random.Generator], list[Array]]


def zeros(sizes: Sequence[int], rng: np.random.Generator | None = None) -> list[Array]:
    r"""Start all weights at zero: the units of a hidden layer stay alike through all of training.

    .. math:: W^l = 0

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers, input first.
    rng : numpy.random.Generator, optional
        Not used.

    Returns
    -------
    list of ndarray
        Zero matrices of shapes (n_l, n_{l-1}).

    Notes
    -----
    Source: Zheng, section 4.

    Examples
    --------
    >>> [W.shape for W in zeros([2, 3, 1])]
    [(3, 2), (1, 3)]
    """
    return [np.zeros((n, fan_in)) for fan_in, n in pairwise(sizes)]


def _by_layer(draw: Callable[[np.random.Generator, int, int], Array]) -> Initializer:
    """Return the initializer that takes the matrix of every layer from ``draw(rng, n, fan_in)``."""
    return lambda sizes, rng: [draw(rng, n, fan_in) for fan_in, n in pairwise(sizes)]


def gaussian(entries: str | None = "fan_in") -> Initializer:
    r"""Return the initializer with zero-mean Gaussian weights over the root of "n entries".

    .. math:: W^l_{ij} \sim \mathcal N(0, 1) / \sqrt{n_\text{entries}}

    Parameters
    ----------
    entries : {"fan_in", "matrix"} or None, optional
        What :math:`n_\text{entries}` counts: the entries of one row, :math:`n_{l-1}`; those of the
        whole matrix, :math:`n_l n_{l-1}`; or None for 1, unit Gaussians.

    Returns
    -------
    function
        An initializer ``(sizes, rng) -> weights``.

    Raises
    ------
    ValueError
        If `entries` is none of these.

    Notes
    -----
    Source: Johansen, section 1.2, "zero mean gaussians normalized by sqrt(n_entries)", which can
    be read in both ways.

    Examples
    --------
    >>> W = gaussian()([400, 300], np.random.default_rng(1))[0]
    >>> round(float(W.std()), 3)
    0.05
    """
    known = entries in ("fan_in", "matrix", None)
    require(known, "entries", 'be "fan_in", "matrix" or None', entries)

    def draw(rng: np.random.Generator, n: int, fan_in: int) -> Any:
        count = {"fan_in": fan_in, "matrix": n * fan_in, None: 1}[entries]
        return rng.standard_normal((n, fan_in)) / np.sqrt(count)

    return _by_layer(draw)


def glorot_uniform(gain: float = 1.0) -> Initializer:
    r"""Return the uniform initializer of Glorot and Bengio.

    .. math:: W^l_{ij} \sim U(-r, r), \qquad r = \text{gain}\,\sqrt{\frac{6}{n_{l-1} + n_l}}

    Parameters
    ----------
    gain : float, optional
        The factor, positive: 1 for tanh, 4 for the sigmoid (whose slope at 0 is a quarter).

    Returns
    -------
    function
        An initializer ``(sizes, rng) -> weights``.

    Raises
    ------
    TypeError, ValueError
        If `gain` is no positive number.

    Notes
    -----
    Source: Zheng, section 2.2, with gain 4, after Glorot and Bengio (2010).

    Examples
    --------
    >>> W = glorot_uniform(4.0)([3, 3], np.random.default_rng(1))[0]
    >>> bool(abs(W).max() <= 4)
    True
    """
    gain = real_number(gain, "gain")

    def draw(rng: np.random.Generator, n: int, fan_in: int) -> Any:
        limit = gain * np.sqrt(6 / (fan_in + n))
        return rng.uniform(-limit, limit, (n, fan_in))

    return _by_layer(draw)
