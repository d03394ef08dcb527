"""Costs per sample, their gradients, and the regularizer.

Each cost takes the model's output first and the target second (the sources often print the
target first), and works on the last axis: ``(..., n) -> (...)``. Its attribute
``gradient(model, target)`` is the derivative with respect to the first argument, per sample.
Nothing here sums or averages over samples; `nnlab.Network` takes the mean.
"""

import numpy as np

from nnlab._validation import floating, real_number, same_shape, vectors
from nnlab.activations import log_softmax, softmax


def one_hot(labels, n, dtype=float):
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
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got dtype {labels.dtype}")
    if labels.size and not (labels.min() >= 0 and labels.max() < n):
        raise ValueError(f"labels must be from 0 to {n - 1}, got {labels.min()} to {labels.max()}")
    return np.eye(n, dtype=dtype)[labels]


def _pair(model, target, names, labels=True):
    """Return both as floating arrays of one shape ``(..., n)``; labels become unit vectors."""
    model, target = vectors(model, names[0]), np.asarray(target)
    if labels and target.dtype.kind in "iu" and target.shape == model.shape[:-1]:
        target = one_hot(target, model.shape[-1], model.real.dtype)
    return model, same_shape(target, names[1], model, names[0])


def quadratic(a, y):
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
    return 0.5 * np.add.reduce(np.square(quadratic.gradient(a, y)), axis=-1)


def _quadratic_gradient(a, y):
    a, y = _pair(a, y, "ay", labels=False)
    return a - y


quadratic.gradient = _quadratic_gradient


def cross_entropy(p, q):
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
    return 0.0 - np.add.reduce(q * _log(p, where=q != 0), axis=-1)  # and never -0.0


def _log(p, where=True):
    """Return ln p where it is asked for, and 0 elsewhere; ln 0 is minus infinity, silently."""
    _not_negative(p)
    with np.errstate(divide="ignore"):
        return np.log(p, out=np.zeros_like(p), where=where)


def _not_negative(p):
    if p.real.min(initial=0) < 0:
        raise ValueError(f"p must be at least 0, got {p.real.min()}")


def _cross_entropy_gradient(p, q):
    p, q = _pair(p, q, "pq")
    _not_negative(p)
    with np.errstate(divide="ignore", over="ignore"):
        return -np.divide(q, p, out=np.zeros_like(p * q), where=q != 0)


cross_entropy.gradient = _cross_entropy_gradient
cross_entropy.gradient_target = lambda p: -_log(floating(p, "p"))
cross_entropy.of_classes = True


def logistic_loss(f, y, softmax_out=None):
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
    softmax_out : ndarray, shape (..., n), optional
        Where to write g(f), which takes the same exponentials.

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
    return 0.0 - np.add.reduce(y * log_softmax(f, softmax_out), axis=-1)  # and never -0.0


def _logistic_gradient(f, y):
    f, y = _pair(f, y, "fy")
    return np.add.reduce(y, axis=-1, keepdims=True) * softmax(f) - y


logistic_loss.gradient = _logistic_gradient
logistic_loss.of_classes = True


def l2(lam):
    r"""Return the regularizer that penalizes the squared weights.

    .. math:: R(W) = \frac{\lambda}{2} \sum_{ij} W_{ij}^2, \qquad
              \frac{\partial R}{\partial W} = \lambda W

    Parameters
    ----------
    lam : float
        The factor :math:`\lambda > 0`.

    Returns
    -------
    function
        ``R(W) -> float`` with an attribute ``R.gradient(W)``. `nnlab.Network` adds it up over its
        weight matrices; biases are excluded.

    Raises
    ------
    TypeError, ValueError
        If `lam` is no positive number.

    Notes
    -----
    Source: the regularizer R(w) of Johnson, section 1, who leaves its form open.

    Examples
    --------
    >>> R = l2(0.1)
    >>> R([[1.0, 3.0]]), R.gradient([[1.0, 3.0]]).round(4).tolist()
    (0.5, [[0.1, 0.3]])
    """
    lam = real_number(lam, "lam")

    def regularizer(W):
        return (0.5 * lam * np.square(floating(W, "W")).sum()).item()

    regularizer.gradient = lambda W: lam * floating(W, "W")
    return regularizer
