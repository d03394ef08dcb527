"""The same formulas, written into arrays that are there already: what makes a step fast.

Samples are columns here: arrays (n, m), or (R, n, m) in a stack. A network calls these twins of the
public functions where it knows the activation or the cost, and the functions themselves elsewhere.
Each returns the array with the result. `one` is the number 1 in an array, for which NumPy is twice
as fast as for a number of Python where the other array is small.
"""

import math
from typing import Any

import numpy as np

from nnlab._validation import Array, same_shape
from nnlab.activations import Activation, identity, relu, sigmoid, softmax, tanh
from nnlab.costs import Cost, logistic_loss, quadratic


def swap(x: Array) -> Array:
    """Turn rows into columns, and columns into rows."""
    return x.swapaxes(-1, -2)


def aligned(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an empty array that starts at a multiple of 64 bytes, as NumPy likes it best."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


# Activations: a = g(z) into `a`, and delta = J(z)^T v into `delta`, from the output a.


def _sigmoid(z: Any, a: Any, one: Any) -> Any:
    np.exp(np.negative(z, a), a)
    return np.divide(one, np.add(a, one, a), a)


def _sigmoid_pullback(z: Any, a: Any, v: Any, delta: Any, one: Any) -> Any:
    slope = np.multiply(np.subtract(one, a, delta), a, delta)
    return np.multiply(slope, v, delta)


def _softmax(z: Any, a: Any, one: Any) -> Any:
    np.exp(np.subtract(z, np.maximum.reduce(z, -2, keepdims=True), a), a)
    return np.divide(a, np.add.reduce(a, -2, keepdims=True), a)


def _softmax_pullback(z: Any, a: Any, v: Any, delta: Any, one: Any) -> Any:
    mean = np.add.reduce(np.multiply(a, v, delta), -2, keepdims=True)
    return np.multiply(np.subtract(v, mean, delta), a, delta)


def _tanh_pullback(z: Any, a: Any, v: Any, delta: Any, one: Any) -> Any:
    slope = np.subtract(one, np.multiply(a, a, delta), delta)
    return np.multiply(slope, v, delta)


_TWINS: dict[Any, Any] = {
    sigmoid: (_sigmoid, _sigmoid_pullback),
    tanh: (lambda z, a, one: np.tanh(z, a), _tanh_pullback),
    softmax: (_softmax, _softmax_pullback),
    relu: (
        lambda z, a, one: np.maximum(z, 0, out=a),
        lambda z, a, v, delta, one: np.multiply(np.sign(a, delta), v, delta),
    ),
    identity: (lambda z, a, one: z, lambda z, a, v, delta, one: v),
}


def twins(g: Activation) -> Any:
    """Return the functions for a and delta; those of an unknown activation call it plainly."""

    def plain(z: Any, a: Any, one: Any) -> Any:
        a[...] = swap(same_shape(g(swap(z)), f"{name}(z)", swap(z), "z"))
        return a

    def plain_pullback(z: Any, a: Any, v: Any, delta: Any, one: Any) -> Any:
        found = g.pullback(swap(z), swap(v))
        delta[...] = swap(same_shape(found, f"{name}.pullback(z, v)", swap(z), "z"))
        return delta

    name = getattr(g, "__name__", "activation")
    return _TWINS.get(g, (plain, plain_pullback))


# Costs: the sum over the samples is returned, and dC/da is written into `v`.


def _inner(u: Any, v: Any) -> Any:
    """Return the sum of the products, over units and samples."""
    return np.vdot(u, v) if u.ndim == 2 else np.einsum("rij,rij->r", u, v)


def _quadratic(a: Any, y: Any, v: Any) -> Any:
    np.subtract(a, y, v)
    return 0.5 * _inner(v, v)


def _logistic_loss(f: Any, y: Any, v: Any) -> Any:
    np.subtract(f, np.maximum.reduce(f, -2, keepdims=True), v)
    of_targets = _inner(v, np.broadcast_to(y, v.shape))
    total = np.add.reduce(np.exp(v, v), -2, keepdims=True)
    np.subtract(np.divide(v, total, v), y, v)  # rows of y sum to one
    return np.log(total).sum((-1, -2)) - of_targets


_COSTS: dict[Any, Any] = {quadratic: _quadratic, logistic_loss: _logistic_loss}


def cost_and_slope(cost: Cost) -> Any:
    """Return ``f(a, y, v)`` for a cost; that of an unknown one calls it plainly."""

    def plain(a: Any, y: Any, v: Any) -> Any:
        rows, target = swap(a), np.broadcast_to(swap(y), swap(a).shape)
        v[...] = swap(same_shape(cost.gradient(rows, target), "the cost's gradient", rows, "a"))
        losses = np.asarray(cost(rows, target))
        return same_shape(losses, "the cost of the samples", rows[..., 0], "one output").sum(-1)

    return _COSTS.get(cost, plain)
