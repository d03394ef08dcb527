"""Activation functions, their derivatives and Jacobian products.

Each activation is a plain function of the weighted input `z`, and looks along the last axis. Its
attribute ``pullback(z, v)`` is the product of the transposed Jacobian with a vector, which is all
that the delta recursion needs. The elementwise ones also have ``derivative(z)`` and
``derivative_from_output(a)``.

Left out on purpose: a base class. An activation is a function, as in the text.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from nnlab._validation import Array, attach, floating, require, same_shape, vectors


class Activation(Protocol):
    """What a network needs of an activation: a function of z with a pullback.

    Samples are rows when a network calls them, and what they return has the shape of `z`.

    Examples
    --------
    >>> def softplus(z):
    ...     return np.log1p(np.exp(z))
    >>> softplus.pullback = lambda z, v: v * sigmoid(z)
    >>> Network([2, 3, 1], hidden=softplus)
    Network([2, 3, 1], hidden=softplus, output=sigmoid, cost=quadratic)
    """

    def __call__(self, z: ArrayLike, /) -> Any:
        """Return g(z)."""

    def pullback(self, z: ArrayLike, v: ArrayLike, /) -> Any:
        """Return J(z)^T v, with the Jacobian J of g."""


class Elementwise(Activation, Protocol):
    """An activation that acts on every number by itself, and knows its slope.

    Examples
    --------
    >>> [float(g.derivative(0.0)) for g in (sigmoid, tanh, relu, identity)]
    [0.25, 1.0, 0.0, 1.0]
    """

    def derivative(self, z: ArrayLike, /) -> Any:
        """Return g'(z)."""

    def derivative_from_output(self, a: ArrayLike, /) -> Any:
        """Return g'(z), given a = g(z)."""


def _elementwise(derivative: Any, from_output: Any) -> Callable[[Any], Elementwise]:
    """Return the decorator that attaches the derivatives, and the pullback made of them."""

    def pullback(z: ArrayLike, v: ArrayLike) -> Any:
        """Return J(z)^T v for a diagonal J: the slope at `z` times `v`, entry by entry."""
        z = floating(z, "z")
        return derivative(z) * same_shape(v, "v", z, "z")

    slopes = {"derivative": derivative, "derivative_from_output": from_output}
    return attach(Elementwise, pullback=pullback, **slopes)


def _sigmoid_derivative(z: ArrayLike) -> Any:
    """Return ``sigmoid(z) * sigmoid(-z)``, accurate in both tails."""
    z = floating(z, "z")
    return sigmoid(z) * sigmoid(-z)


def _sigmoid_from_output(a: ArrayLike) -> Any:
    """Return ``a * (1 - a)``, the slope of the sigmoid where its output is `a`."""
    a = floating(a, "a")
    return a * (1 - a)


@_elementwise(_sigmoid_derivative, _sigmoid_from_output)
def sigmoid(z: ArrayLike) -> Any:
    r"""Return the logistic sigmoid of every entry of `z`.

    .. math:: \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad
              \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) = \sigma(z)\,\sigma(-z)

    ``sigmoid.derivative(z)`` uses the last form, which keeps its relative accuracy in both tails;
    ``sigmoid.derivative_from_output(a)`` is :math:`a (1 - a)`; ``sigmoid.pullback(z, v)`` is
    :math:`\sigma'(z) \odot v`.

    Parameters
    ----------
    z : array_like
        Weighted inputs, any shape; real or complex.

    Returns
    -------
    ndarray or scalar
        Same shape as `z`, between 0 and 1 for real `z`.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.

    Notes
    -----
    Source: Zheng, section 2.1 and (1). Where :math:`e^{-z}` overflows, the result is 0, silently.

    Examples
    --------
    >>> float(sigmoid(0.0)), float(sigmoid.derivative(0.0))
    (0.5, 0.25)
    >>> float(sigmoid.derivative_from_output(0.5))
    0.25
    """
    z = floating(z, "z")
    if z.dtype.kind == "c":
        z = np.maximum(z, -709)  # a complex infinity has no reciprocal
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _tanh_derivative(z: ArrayLike) -> Any:
    """Return four times the slope of the sigmoid at ``2 * z``, accurate in both tails."""
    return 4 * sigmoid.derivative(2 * floating(z, "z"))


def _tanh_from_output(a: ArrayLike) -> Any:
    """Return ``1 - a**2``, the slope of the hyperbolic tangent where its output is `a`."""
    return 1 - np.square(floating(a, "a"))


@_elementwise(_tanh_derivative, _tanh_from_output)
def tanh(z: ArrayLike) -> Any:
    r"""Return the hyperbolic tangent of every entry of `z`.

    .. math:: \tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}} = 2\,\sigma(2z) - 1, \qquad
              \tanh' z = 1 - \tanh^2 z = 4\,\sigma'(2z)

    ``tanh.derivative(z)`` uses the last form, which keeps its relative accuracy in both tails;
    ``tanh.derivative_from_output(a)`` is :math:`1 - a^2`; ``tanh.pullback(z, v)`` is
    :math:`\tanh'(z) \odot v`.

    Parameters
    ----------
    z : array_like
        Weighted inputs, any shape; real or complex.

    Returns
    -------
    ndarray or scalar
        Same shape as `z`, between -1 and 1 for real `z`.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.

    Notes
    -----
    Source: Domke, section 2.

    Examples
    --------
    >>> float(tanh(0.0)), float(tanh.derivative(0.0))
    (0.0, 1.0)
    """
    return np.tanh(floating(z, "z"))


def _relu_derivative(z: ArrayLike) -> Any:
    """Return 1 where `z` is positive and 0 elsewhere; outputs tell the same as weighted inputs."""
    return np.sign(relu(z))


@_elementwise(_relu_derivative, _relu_derivative)
def relu(z: ArrayLike) -> Any:
    r"""Return the rectified linear unit of every entry of `z`.

    .. math:: \operatorname{relu}(z) = \max(z, 0), \qquad
              \operatorname{relu}'(z) = 1 \text{ if } z > 0 \text{ else } 0

    At :math:`z = 0`, where no derivative exists, the subgradient 0 is used. The output is positive
    exactly where `z` is, so ``relu.derivative_from_output`` is the same function as
    ``relu.derivative``.

    Parameters
    ----------
    z : array_like
        Weighted inputs, any shape; real.

    Returns
    -------
    ndarray or scalar
        Same shape as `z`, at least 0.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers. Complex numbers are refused: the maximum is not analytic.

    Examples
    --------
    >>> relu([-1, 0, 2]).tolist(), relu.derivative([-1, 0, 2]).tolist()
    ([0.0, 0.0, 2.0], [0.0, 0.0, 1.0])
    """
    z = floating(z, "z")
    require(z.dtype.kind != "c", "z", "be real for relu, which is not analytic", z.dtype, TypeError)
    return np.maximum(z, 0, dtype=z.dtype)


def _identity_derivative(z: ArrayLike) -> Any:
    """Return ones: the slope of the identity is the same everywhere."""
    return np.positive(np.ones_like(floating(z, "z")))


@_elementwise(_identity_derivative, _identity_derivative)
def identity(z: ArrayLike) -> Any:
    r"""Return a copy of `z`: the activation of a linear output layer.

    .. math:: g(z) = z, \qquad g'(z) = 1

    Parameters
    ----------
    z : array_like
        Weighted inputs, any shape; real or complex.

    Returns
    -------
    ndarray or scalar
        Same shape and values as `z`.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.

    Notes
    -----
    Source: Domke, section 2, whose output layer has no activation function.

    Examples
    --------
    >>> identity([1, -2]).tolist(), identity.derivative([1, -2]).tolist()
    ([1.0, -2.0], [1.0, 1.0])
    """
    return np.positive(floating(z, "z"))


def _shifted(z: ArrayLike) -> Array:
    """Subtract the largest real part along the last axis: no exponential can overflow then."""
    z = vectors(z, "z", "hold at least one score")
    return np.asarray(z - z.real.max(axis=-1, keepdims=True))


def softmax_jvp(z: ArrayLike, v: ArrayLike) -> Array:
    r"""Return the Jacobian of the softmax times a vector, without forming the matrix.

    .. math:: J(z) v = a \odot v - a\,(a^T v) = a \odot (v - (a^T v) \mathbf 1)

    The Jacobian is symmetric, so this is also ``softmax.pullback``.

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.
    v : array_like, shape (..., n)
        One vector per vector of scores.

    Returns
    -------
    ndarray, shape (..., n)
        The products, in O(n) time and memory each.

    Raises
    ------
    TypeError
        If `z` or `v` does not hold numbers.
    ValueError
        If `z` has no score on its last axis, or `v` another shape than `z`.

    Notes
    -----
    Source: Johnson, section 2.

    Examples
    --------
    >>> softmax_jvp([0.0, 0.0], [1.0, 0.0]).tolist()
    [0.25, -0.25]
    """
    z = floating(z, "z")
    v, a = same_shape(v, "v", z, "z"), softmax(z)
    return np.asarray(a * (v - (a * v).sum(axis=-1, keepdims=True)))


@attach(Activation, pullback=softmax_jvp)
def softmax(z: ArrayLike) -> Array:
    r"""Return the softmax of `z` along its last axis.

    .. math:: g_i(z) = \frac{e^{z_i}}{\sum_k e^{z_k}}, \qquad
              J(z) = \operatorname{diag}(a) - a a^T \text{ with } a = g(z)

    ``softmax.pullback(z, v)`` is :math:`J(z)^T v = a \odot (v - (a^T v) \mathbf 1)` in O(n).

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.

    Returns
    -------
    ndarray, shape (..., n)
        Positive entries that sum to one along the last axis.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.
    ValueError
        If `z` has no score on its last axis.

    Notes
    -----
    Source: Johnson, section 2. The largest score is subtracted first, which changes nothing in
    exact arithmetic and keeps every exponential at most 1; for complex scores, the largest real
    part, so that the function stays analytic.

    Examples
    --------
    >>> softmax([1e4, 1e4, -1e4]).tolist()
    [0.5, 0.5, 0.0]
    """
    e = np.exp(_shifted(z))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def log_softmax(z: ArrayLike) -> Array:
    r"""Return the logarithm of the softmax of `z` along its last axis.

    .. math:: \ln g_i(z) = z_i - \ln \sum_k e^{z_k}

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.

    Returns
    -------
    ndarray, shape (..., n)
        At most 0, and finite also where the softmax itself underflows to 0.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.
    ValueError
        If `z` has no score on its last axis.

    Examples
    --------
    >>> log_softmax([1e4, 0.0]).tolist()
    [0.0, -10000.0]
    """
    shifted = _shifted(z)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def softmax_jacobian(z: ArrayLike) -> Array:
    r"""Return the full Jacobian of the softmax.

    .. math:: \frac{\partial g_i}{\partial z_j} = a_i (\mathbf 1_{i=j} - a_j), \qquad
              J = \operatorname{diag}(a) - a a^T

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.

    Returns
    -------
    ndarray, shape (..., n, n)
        One symmetric matrix per vector of scores; its rows sum to zero.

    Raises
    ------
    TypeError
        If `z` does not hold numbers.
    ValueError
        If `z` has no score on its last axis.

    Notes
    -----
    Source: Johnson, section 2.

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0]).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    a = softmax(z)
    diagonal = a[..., :, None] * np.eye(a.shape[-1], dtype=a.dtype)
    return np.asarray(diagonal - a[..., :, None] * a[..., None, :])
