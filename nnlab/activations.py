"""Activation functions, their derivatives and Jacobian products.

Each activation is a plain function of the weighted input `z`. Its attribute
``pullback(z, v)`` is the product of the transposed Jacobian with a vector, which is all that the
delta recursion needs. The elementwise ones also have ``derivative(z)`` and
``derivative_from_output(a)``.

Left out on purpose: a base class. An activation is a function, as in the text. One of your own has
the same two arguments and a ``pullback``, and writes its result into ``out`` where that is given.

The optional arguments ``out`` (where to write the result) and ``a`` (the output, when it is at
hand) save time and change nothing else. ``out`` must not share memory with another argument,
except that an activation may overwrite its own `z`.
"""

import numpy as np

from nnlab._validation import floating, same_shape, vectors


def _elementwise(activation, derivative, derivative_from_output):
    """Attach the derivatives, and the pullback made of them, to an elementwise activation."""

    def pullback(z, v, a=None, out=None):
        z = floating(z, "z")
        v = same_shape(v, "v", z, "z")
        slope = derivative(z) if a is None else derivative_from_output(a, out=out)
        return np.multiply(slope, v, out=out)

    activation.derivative = derivative
    activation.derivative_from_output = derivative_from_output
    activation.pullback = pullback


_exp = np.errstate(over="ignore")(np.exp)  # infinite where it overflows, silently


def sigmoid(z, out=None):
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
    out : ndarray, optional
        Where to write the result.

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
    e = np.asarray(np.negative(z, out=out))
    if z.dtype.kind == "c":
        np.minimum(e, 709, out=e)  # a complex infinity has no reciprocal
    _exp(e, out=e)
    e += 1.0
    return np.reciprocal(e, out=out)


def _sigmoid_derivative(z):
    z = floating(z, "z")
    return sigmoid(z) * sigmoid(-z)


def _sigmoid_derivative_from_output(a, out=None):
    a = floating(a, "a")
    return np.multiply(a, np.subtract(1.0, a, out=out), out=out)


_elementwise(sigmoid, _sigmoid_derivative, _sigmoid_derivative_from_output)


def tanh(z, out=None):
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
    out : ndarray, optional
        Where to write the result.

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
    return np.tanh(floating(z, "z"), out=out)


def _tanh_derivative(z):
    return 4 * sigmoid.derivative(2 * floating(z, "z"))


def _tanh_derivative_from_output(a, out=None):
    a = floating(a, "a")
    return np.subtract(1.0, np.square(a, out=out), out=out)


_elementwise(tanh, _tanh_derivative, _tanh_derivative_from_output)


def relu(z, out=None):
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
    out : ndarray, optional
        Where to write the result.

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
    if z.dtype.kind == "c":
        raise TypeError("z must be real for relu, which has no complex derivative; got complex")
    return np.maximum(z, 0, out=out, dtype=z.dtype)


def _relu_derivative(z, out=None):
    return np.sign(relu(z, out=out), out=out)


_elementwise(relu, _relu_derivative, _relu_derivative)


def identity(z, out=None):
    r"""Return a copy of `z`: the activation of a linear output layer.

    .. math:: g(z) = z, \qquad g'(z) = 1

    Parameters
    ----------
    z : array_like
        Weighted inputs, any shape; real or complex.
    out : ndarray, optional
        Where to write the result.

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
    return np.positive(floating(z, "z"), out=out)


def _identity_derivative(z, out=None):
    return np.positive(np.ones_like(floating(z, "z")), out=out)


_elementwise(identity, _identity_derivative, _identity_derivative)


def _shifted(z, out=None):
    """Subtract the largest real part along the last axis: no exponential can overflow then."""
    z = vectors(z, "z", "hold at least one score")
    return np.subtract(z, np.maximum.reduce(z.real, axis=-1, keepdims=True), out=out)


def softmax(z, out=None):
    r"""Return the softmax of `z` along its last axis.

    .. math:: g_i(z) = \frac{e^{z_i}}{\sum_k e^{z_k}}, \qquad
              J(z) = \operatorname{diag}(a) - a a^T \text{ with } a = g(z)

    ``softmax.pullback(z, v)`` is :math:`J(z)^T v = a \odot (v - (a^T v) \mathbf 1)` in O(n).

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.
    out : ndarray, optional
        Where to write the result.

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
    out = _shifted(z, out)
    np.exp(out, out=out)
    out /= np.add.reduce(out, axis=-1, keepdims=True)
    return out


def log_softmax(z, softmax_out=None):
    r"""Return the logarithm of the softmax of `z` along its last axis.

    .. math:: \ln g_i(z) = z_i - \ln \sum_k e^{z_k}

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.
    softmax_out : ndarray, optional
        Where to write the softmax itself, which takes the same exponentials.

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
    e = np.exp(shifted, out=softmax_out)
    total = np.add.reduce(e, axis=-1, keepdims=True)
    e /= total  # the softmax
    return shifted - np.log(total)


def softmax_jacobian(z):
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
    return a[..., :, None] * np.eye(a.shape[-1], dtype=a.dtype) - a[..., :, None] * a[..., None, :]


def softmax_jvp(z, v, a=None, out=None):
    r"""Return the Jacobian of the softmax times a vector, without forming the matrix.

    .. math:: J(z) v = a \odot v - a\,(a^T v) = a \odot (v - (a^T v) \mathbf 1)

    The Jacobian is symmetric, so this is also ``softmax.pullback``.

    Parameters
    ----------
    z : array_like, shape (..., n)
        Scores; real or complex.
    v : array_like, shape (..., n)
        One vector per vector of scores.
    a : ndarray, optional
        The softmax of `z`, where it is at hand.
    out : ndarray, optional
        Where to write the result.

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
    v = same_shape(v, "v", z, "z")
    a = softmax(z) if a is None else a
    out = np.multiply(a, v, out=out)
    out -= a * np.add.reduce(out, axis=-1, keepdims=True)
    return out


softmax.pullback = softmax_jvp
