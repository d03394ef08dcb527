"""Costs per sample, their gradients, and the regularizer.

Each cost takes the model's output first and the target second (the sources often print the
target first), and works on the last axis: ``(..., n) -> (...)``. Its attribute
``gradient(model, target)`` is the derivative with respect to the first argument, per sample.
Nothing here sums or averages over samples; `nnlab.Network` takes the mean.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nnlab import _validation as check
from nnlab._validation import Array, attach, floating, require, same_shape, vectors, within
from nnlab.activations import log_softmax, sigmoid, softmax


class Cost(Protocol):
    """What a network needs of a cost: a function of output and target with a gradient.

    Samples are rows when a network calls them: from two arrays (m, n) the cost makes (m,), one
    number for each sample, and its gradient (m, n). An attribute ``of_classes = True`` says that
    targets are labels or rows of probabilities.

    Examples
    --------
    >>> def absolute(a, y):
    ...     return np.abs(a - y).sum(axis=-1)
    >>> absolute.gradient = lambda a, y: np.sign(a - y)
    >>> Network([2, 3, 1], cost=absolute)
    Network([2, 3, 1], hidden=sigmoid, output=sigmoid, cost=absolute)
    """

    def __call__(self, model: ArrayLike, target: ArrayLike, /) -> Any:
        """Return the cost of each sample."""

    def gradient(self, model: ArrayLike, target: ArrayLike, /) -> Any:
        """Return the derivative with respect to the output, per sample."""


class CrossEntropy(Cost, Protocol):
    """A cost that can be differentiated with respect to the target as well.

    Examples
    --------
    >>> cross_entropy.gradient_target([1.0, 1.0]).tolist()
    [-0.0, -0.0]
    """

    def gradient_target(self, model: ArrayLike, /) -> Any:
        """Return the derivative with respect to the target, per sample."""


class Regularizer(Protocol):
    """A penalty for weights, added up over the weight arrays of a network.

    Examples
    --------
    >>> def absolute(W):
    ...     return np.abs(W).sum()
    >>> absolute.gradient = np.sign
    >>> network = Network([2, 1], regularizer=absolute)
    """

    def __call__(self, W: ArrayLike, /) -> Any:
        """Return R(W), a number."""

    def gradient(self, W: ArrayLike, /) -> Any:
        """Return the derivative of R with respect to W."""


def one_hot(labels: ArrayLike, n: int, dtype: DTypeLike = float) -> Array:
    r"""Return the unit vectors that belong to integer labels.

    .. math:: y_k = \mathbf 1_{k = \text{label}}

    Parameters
    ----------
    labels : array_like of int, shape (...)
        Labels from 0 to n - 1.
    n : int
        Number of classes.
    dtype : dtype, optional
        Type of the result.

    Returns
    -------
    ndarray, shape (..., n)
        A one at each label, zeros elsewhere.

    Raises
    ------
    TypeError
        If the labels are no integers.
    ValueError
        If a label is out of range.

    Examples
    --------
    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    labels = np.asarray(labels)
    require(labels.dtype.kind in "iu", "labels", "be integers", labels.dtype, TypeError)
    within(labels, "labels", 0, n - 1)
    unit = np.zeros((*labels.shape, n), dtype)
    np.put_along_axis(unit, labels[..., None].astype(np.intp), 1, axis=-1)
    return unit


def _pair(
    model: ArrayLike, target: ArrayLike, names: str, labels: bool = True
) -> tuple[Array, Array]:
    """Return both as floating arrays of one shape ``(..., n)``; labels become unit vectors."""
    model, target = vectors(model, names[0]), np.asarray(target)
    if labels and target.dtype.kind in "iu" and target.shape == model.shape[:-1]:
        target = one_hot(target, model.shape[-1], model.real.dtype)
    return model, same_shape(target, names[1], model, names[0])


def _quadratic_gradient(a: ArrayLike, y: ArrayLike) -> Any:
    """Return ``a - y``."""
    a, y = _pair(a, y, "ay", labels=False)
    return a - y


@attach(Cost, gradient=_quadratic_gradient)
def quadratic(a: ArrayLike, y: ArrayLike) -> Any:
    r"""Return half the squared distance of output and target.

    .. math:: C(a, y) = \tfrac12 \lVert y - a \rVert^2, \qquad
              \frac{\partial C}{\partial a} = a - y

    Parameters
    ----------
    a : array_like, shape (..., n)
        Outputs of the model.
    y : array_like, shape (..., n)
        Targets.

    Returns
    -------
    ndarray, shape (...)
        One cost per sample: the sum over the n outputs, no mean over them.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If the shapes differ.

    Notes
    -----
    Source: DMML slides, "typical cost function", whose mean over the samples is taken by
    `nnlab.Network`; Zheng, section 2.3, whose derivative "is simply a subtraction".

    Examples
    --------
    >>> float(quadratic([1.0, 3.0], [1.0, 1.0]))
    2.0
    >>> quadratic.gradient([1.0, 3.0], [1.0, 1.0]).tolist()
    [0.0, 2.0]
    """
    return 0.5 * np.square(_quadratic_gradient(a, y)).sum(axis=-1)


def _log(p: Array, where: Any = True) -> Array:
    """Return ln p where it is asked for, and 0 elsewhere; ln 0 is minus infinity, silently."""
    with np.errstate(divide="ignore"):
        return np.log(within(p, "p", 0), out=np.zeros_like(p), where=where)


def _cross_entropy_gradient(p: ArrayLike, q: ArrayLike) -> Any:
    """Return ``-q / p``, and 0 where `q` is 0."""
    p, q = _pair(p, q, "pq")
    within(p, "p", 0)
    with np.errstate(divide="ignore", over="ignore"):
        return -np.divide(q, p, out=np.zeros_like(p * q), where=q != 0)


def _cross_entropy_gradient_target(p: ArrayLike) -> Array:
    """Return ``-ln p``, the derivative with respect to the target `q`."""
    return -_log(floating(p, "p"))


@attach(
    CrossEntropy,
    gradient=_cross_entropy_gradient,
    gradient_target=_cross_entropy_gradient_target,
    of_classes=True,
)
def cross_entropy(p: ArrayLike, q: ArrayLike) -> Any:
    r"""Return the cross-entropy of the model's distribution `p` and the target distribution `q`.

    .. math:: H(q, p) = -\sum_i q_i \ln p_i, \qquad
              \frac{\partial H}{\partial p_i} = -\frac{q_i}{p_i}, \qquad
              \frac{\partial H}{\partial q_i} = -\ln p_i

    ``cross_entropy.gradient(p, q)`` is the derivative with respect to `p`, and
    ``cross_entropy.gradient_target(p)`` the one with respect to `q`.

    Parameters
    ----------
    p : array_like, shape (..., n)
        Probabilities that the model gives, at least 0.
    q : array_like, shape (..., n), or integers, shape (...)
        Target distributions, or the labels of the true classes.

    Returns
    -------
    ndarray, shape (...)
        One cost per sample, in nats. A term with :math:`q_i = 0` counts 0, and
        :math:`p_i = 0 < q_i` gives infinity.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If the shapes differ, a label is out of range or a probability negative.

    Notes
    -----
    Source: Johnson, section 3, who prints the target first; Johansen (1.3). The entries of `p` and
    `q` are independent here; nothing forces them to sum to one.

    Examples
    --------
    >>> round(float(cross_entropy([0.5, 0.5], [1.0, 0.0])), 4)
    0.6931
    >>> float(cross_entropy([0.0, 1.0], 0)), float(cross_entropy([0.0, 1.0], 1))
    (inf, 0.0)
    """
    p, q = _pair(p, q, "pq")
    return 0.0 - (q * _log(p, where=q != 0)).sum(axis=-1)  # and never -0.0


def _logistic_gradient(f: ArrayLike, y: ArrayLike) -> Any:
    """Return ``softmax(f) - y``, and more generally ``sum(y) * softmax(f) - y``."""
    f, y = _pair(f, y, "fy")
    return np.asarray(y.sum(axis=-1, keepdims=True) * softmax(f) - y)


@attach(Cost, gradient=_logistic_gradient, of_classes=True)
def logistic_loss(f: ArrayLike, y: ArrayLike) -> Any:
    r"""Return the multivariate logistic loss of scores: cross-entropy behind a softmax, stably.

    .. math:: L(f, y) = -f_y + \ln \sum_k e^{f_k} = H(y, g(f)), \qquad
              \frac{\partial L}{\partial f} = g(f) - y

    with the softmax g, and y in the gradient the unit vector of the label.

    Parameters
    ----------
    f : array_like, shape (..., n)
        Scores, the outputs of a layer without activation function.
    y : integers, shape (...), or array_like, shape (..., n)
        Labels of the true classes, or rows of probabilities. For rows that do not sum to one the
        value is still :math:`H(y, g(f))`, and the gradient is
        :math:`(\sum_k y_k)\, g(f) - y`.

    Returns
    -------
    ndarray, shape (...)
        One cost per sample, in nats; finite for all finite scores.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If the shapes differ or a label is out of range.

    Notes
    -----
    Source: Domke, section 3, who prints the target first, and the sum without the exponential.

    Examples
    --------
    >>> round(float(logistic_loss([0.0, 0.0], 1)), 4)
    0.6931
    >>> float(logistic_loss([1e4, -1e4], 1)), logistic_loss.gradient([1e4, -1e4], 1).tolist()
    (20000.0, [1.0, -1.0])
    """
    f, y = _pair(f, y, "fy")
    return 0.0 - (y * log_softmax(f)).sum(axis=-1)  # and never -0.0


def _binary_pair(a: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    a, y = _pair(a, y, "ay", labels=False)
    return within(a, "a", 0, 1), within(y, "y", 0, 1)


def _binary_gradient(a: ArrayLike, y: ArrayLike) -> Any:
    """Return ``(1 - y) / (1 - a) - y / a``, without the terms whose numerator is 0."""
    a, y = _binary_pair(a, y)
    return _cross_entropy_gradient(a, y) - _cross_entropy_gradient(1 - a, 1 - y)


@attach(Cost, gradient=_binary_gradient)
def binary_cross_entropy(a: ArrayLike, y: ArrayLike) -> Any:
    r"""Return the cross-entropy of outputs that each answer a yes-or-no question of their own.

    .. math:: C(a, y) = -\sum_i \bigl(y_i \ln a_i + (1 - y_i) \ln (1 - a_i)\bigr), \qquad
              \frac{\partial C}{\partial a_i} = \frac{1 - y_i}{1 - a_i} - \frac{y_i}{a_i}

    Parameters
    ----------
    a : array_like, shape (..., n)
        Probabilities of "yes", from 0 to 1; they need not sum to one.
    y : array_like, shape (..., n)
        Targets from 0 to 1, usually 0 or 1.

    Returns
    -------
    ndarray, shape (...)
        One cost per sample, in nats: the sum over the n outputs. A term with the factor 0 counts
        0, and a certain answer that is wrong gives infinity.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If the shapes differ, or an output or a target is not from 0 to 1.

    Notes
    -----
    Behind sigmoids its derivative with respect to the weighted inputs is a - y. `nnlab.Network`
    computes this pair from the weighted inputs, so that neither can overflow.

    Examples
    --------
    >>> round(float(binary_cross_entropy([0.5, 0.5], [1.0, 0.0])), 4)
    1.3863
    >>> binary_cross_entropy.gradient([0.5, 0.25], [1.0, 0.0]).round(4).tolist()
    [-2.0, 1.3333]
    """
    a, y = _binary_pair(a, y)
    terms = y * _log(a, where=y != 0) + (1 - y) * _log(1 - a, where=y != 1)
    return 0.0 - terms.sum(axis=-1)  # and never -0.0


def _softplus(z: Array) -> Array:
    """Return ln(1 + e^z): the cost -ln(1 - a) of a "no" behind a sigmoid."""
    positive = z.real > 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))


def _binary_logistic_gradient(f: ArrayLike, y: ArrayLike) -> Array:
    """Return ``sigmoid(f) - y``."""
    f, y = _pair(f, y, "fy", labels=False)
    return np.asarray(sigmoid(f) - y)


@attach(Cost, gradient=_binary_logistic_gradient)
def binary_logistic_loss(f: ArrayLike, y: ArrayLike) -> Any:
    """Return the binary cross-entropy behind sigmoids, from the weighted inputs, stably.

    Examples
    --------
    >>> from nnlab.costs import binary_logistic_loss
    >>> float(binary_logistic_loss([1e4, -1e4], [0.0, 0.0]))
    10000.0
    """
    f, y = _pair(f, y, "fy", labels=False)
    return (y * _softplus(-f) + (1 - y) * _softplus(f)).sum(axis=-1)


class l2:
    r"""The regularizer that penalizes the squared weights.

    .. math:: R(W) = \frac{\lambda}{2} \sum_{ij} W_{ij}^2, \qquad
              \frac{\partial R}{\partial W} = \lambda W

    Parameters
    ----------
    lam : float
        The factor :math:`\lambda > 0`.

    Raises
    ------
    TypeError, ValueError
        If `lam` is no positive number.

    Notes
    -----
    `nnlab.Network` adds it up over its weight matrices; biases are excluded.

    Source: the regularizer R(w) of Johnson, section 1, who leaves its form open.

    Examples
    --------
    >>> R = l2(0.1)
    >>> R([[1.0, 3.0]]), R.gradient([[1.0, 3.0]]).round(4).tolist()
    (0.5, [[0.1, 0.3]])
    """

    def __init__(self, lam: float):
        self.lam = check.real_number(lam, "lam")

    def __call__(self, W: ArrayLike) -> Any:
        """Return half of lambda times the sum of the squared entries."""
        return (0.5 * self.lam * np.square(floating(W, "W")).sum()).item()

    def gradient(self, W: ArrayLike) -> Array:
        """Return lambda times `W`."""
        return self.lam * floating(W, "W")

    def __repr__(self) -> str:
        return f"l2({self.lam})"
