"""The same formulas, written into arrays that are there already: what makes a step fast.

Samples are columns here: arrays (n, m), or (R, n, m) in a stack. A network calls these twins of the
public functions where it knows the activation or the cost; `a` must be what the activation made of
`z`, and no two arrays may share memory.
"""

import math
from collections.abc import Callable
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


def _sigmoid(z: Array, a: Array) -> None:
    np.negative(z, a)
    np.exp(a, a)
    np.add(a, 1.0, a)
    np.reciprocal(a, a)


def _sigmoid_pullback(z: Array, a: Array, v: Array, delta: Array) -> None:
    np.subtract(1.0, a, delta)
    np.multiply(delta, a, delta)
    np.multiply(delta, v, delta)


def _tanh_pullback(z: Array, a: Array, v: Array, delta: Array) -> None:
    np.multiply(a, a, delta)
    np.subtract(1.0, delta, delta)
    np.multiply(delta, v, delta)


def _relu(z: Array, a: Array) -> None:
    np.maximum(z, 0.0, out=a)


def _relu_pullback(z: Array, a: Array, v: Array, delta: Array) -> None:
    np.sign(a, delta)
    np.multiply(delta, v, delta)


def _softmax(z: Array, a: Array) -> None:
    np.subtract(z, np.maximum.reduce(z, -2, keepdims=True), a)
    np.exp(a, a)
    np.divide(a, np.add.reduce(a, -2, keepdims=True), a)


def _softmax_pullback(z: Array, a: Array, v: Array, delta: Array) -> None:
    np.multiply(a, v, delta)
    np.subtract(v, np.add.reduce(delta, -2, keepdims=True), delta)
    np.multiply(delta, a, delta)


def _identity_pullback(z: Array, a: Array, v: Array, delta: Array) -> None:
    np.copyto(delta, v)


Twins = tuple[Callable[[Array, Array], Any], Callable[[Array, Array, Array, Array], Any]]
_TWINS: dict[Any, Twins] = {
    sigmoid: (_sigmoid, _sigmoid_pullback),
    tanh: (np.tanh, _tanh_pullback),
    relu: (_relu, _relu_pullback),
    softmax: (_softmax, _softmax_pullback),
    identity: (np.positive, _identity_pullback),
}


def twins(g: Activation) -> Twins:
    """Return ``(activate(z, a), pull_back(z, a, v, delta))``; plain calls for an unknown one."""

    def activate(z: Array, a: Array) -> None:
        a[...] = swap(same_shape(g(swap(z)), f"{name}(z)", swap(z), "z"))

    def pull_back(z: Array, a: Array, v: Array, delta: Array) -> None:
        found = g.pullback(swap(z), swap(v))
        delta[...] = swap(same_shape(found, f"{name}.pullback(z, v)", swap(z), "z"))

    name = getattr(g, "__name__", "activation")
    return _TWINS.get(g, (activate, pull_back))


def _inner(u: Array, v: Array) -> Any:
    """Return the sum of the products, over units and samples."""
    return np.vdot(u, v) if u.ndim == 2 else np.einsum("...ij,...ij->...", u, v)


def _quadratic(a: Array, y: Array, v: Array) -> Any:
    np.subtract(a, y, v)
    return 0.5 * _inner(v, v)


def _logistic_loss(f: Array, y: Array, v: Array) -> Any:
    """Rows of `y` sum to one; where the shifted score is 0, the softmax is 1 / (sum of e^f)."""
    shifted = f - np.maximum.reduce(f, -2, keepdims=True)
    _softmax(f, v)
    log_total = -np.log(np.maximum.reduce(v, -2))
    total = log_total.sum(-1) - _inner(shifted, np.broadcast_to(y, f.shape))
    np.subtract(v, y, v)
    return total


def cost_and_slope(cost: Cost) -> Any:
    """Return ``f(a, y, v)``, which sums the costs and sets v = dC/da; plain for an unknown cost."""

    def plain(a: Array, y: Array, v: Array) -> Any:
        rows, target = swap(a), np.broadcast_to(swap(y), swap(a).shape)
        v[...] = swap(same_shape(cost.gradient(rows, target), "the cost's gradient", rows, "a"))
        losses = np.asarray(cost(rows, target))
        return same_shape(losses, "the cost of the samples", rows[..., 0], "one output").sum(-1)

    known: dict[Any, Any] = {quadratic: _quadratic, logistic_loss: _logistic_loss}
    return known.get(cost, plain)
