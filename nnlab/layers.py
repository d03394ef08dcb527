r"""Layers: the building blocks of a network, each with its way forward and its way back.

.. math:: z = W a + b, \qquad a' = g(z)

.. math:: \delta = g'(z)^T v, \qquad \frac{\partial C}{\partial W} = \delta\, a^T, \qquad
          \frac{\partial C}{\partial b} = \delta, \qquad W^T \delta

Here v is dC/da' and comes from above; the last product is dC/da and goes to the layer below.
Samples are columns, so that the code reads as the equations do on paper, and the products sum over
the samples. In memory a unit's numbers for all samples lie side by side, the faster layout.
"""

import copy
import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlab._in_place import aligned, swap, twins
from nnlab._validation import Array, has_attribute, require, whole_number
from nnlab.activations import Activation, sigmoid


class Layer(Protocol):
    r"""What a network needs of a layer; one of your own has these names.

    A network works on a shallow copy of the layer. It sets ``parameters`` and ``derivatives``, one
    array for each of the ``shapes``: views into the flat vectors of the network and its gradient.
    It calls `forward`, then `backward`, then `down`, and what one of them wants from an earlier
    one the layer keeps in attributes. Arrays with two axes and more are weights, those with one
    are biases.

    Attributes
    ----------
    n_in, n_out : int
        How many numbers come in and go out.
    shapes : sequence of tuple
        The shapes of the parameters, in the order of `Network.theta`; may be empty.
    z, delta : ndarray, shape (n, m), optional
        For `Network.trace` and `Gradient.deltas`, if you want them to show something.

    Examples
    --------
    A layer with a way round it, a' = a + g(W a):

    >>> class Residual:
    ...     def __init__(self, n, activation):
    ...         self.n_in = self.n_out = n
    ...         self.shapes = [(n, n)]
    ...         self.activation = activation
    ...     def forward(self, a):
    ...         self.a, self.z = a, self.parameters[0] @ a
    ...         return a + self.activation(self.z)
    ...     def backward(self, v):
    ...         self.v, self.delta = v, self.activation.pullback(self.z, v)
    ...         self.derivatives[0][...] = self.delta @ self.a.T
    ...     def down(self):
    ...         return self.v + self.parameters[0].T @ self.delta
    >>> blocks = [Dense(2, 3), Residual(3, tanh), Dense(3, 1)]
    >>> network = Network(blocks, rng=np.random.default_rng(1))
    >>> X, Y = [[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0]
    >>> gradient = network.backprop(X, Y).theta
    >>> check_gradient(lambda t: network.at(t).cost(X, Y), gradient, network.theta) < 1e-7
    True
    """

    n_in: int
    n_out: int
    shapes: Sequence[tuple[int, ...]]

    def forward(self, a: Array, /) -> Array:
        """Return a' (n_out, m) for the activations a (n_in, m) of the layer below."""

    def backward(self, v: Array, /) -> None:
        """Write the derivatives, summed over the samples, for v = dC/da' (n_out, m)."""

    def down(self) -> Array:
        """Return dC/da (n_in, m), for the layer below."""


class _Shown:
    """What is shown of a layer: the call that makes it."""

    arguments: tuple[Any, ...]

    def __repr__(self) -> str:
        arguments = [getattr(x, "__name__", repr(x)) for x in self.arguments]
        return f"{type(self).__name__}({', '.join(arguments)})"


class Dense(_Shown):
    r"""A fully connected layer.

    .. math:: z = W a + b, \qquad a' = g(z)

    Parameters
    ----------
    n_in, n_out : int
        How many numbers come in and go out, each at least 1.
    activation : function, optional
        The activation g, see `nnlab.Activation`.
    bias : bool, optional
        Whether there is a b.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range; the message names it.

    Notes
    -----
    Source: Johansen (1.1); Domke, section 2.

    Examples
    --------
    >>> Network([Dense(2, 3, relu), Dense(3, 1)])
    Network([2, 3, 1], hidden=relu, output=sigmoid, cost=quadratic)
    """

    parameters: Sequence[Array]
    derivatives: Sequence[Array]
    delta: Any
    work_arrays: Any = staticmethod(aligned)
    a: Any = None  # no work arrays before the first batch
    v: Any = None

    def __init__(self, n_in: int, n_out: int, activation: Activation = sigmoid, bias: bool = True):
        self.n_in, self.n_out = whole_number(n_in, "n_in", 1), whole_number(n_out, "n_out", 1)
        has_attribute(activation, "pullback", "activation")
        self.activation, self.bias = activation, bool(bias)
        self.shapes: Sequence[tuple[int, ...]] = [(n_out, n_in), (n_out,)][: 1 + self.bias]
        self.arguments = (n_in, n_out, activation, self.bias)

    def forward(self, a: Array) -> Any:
        """Return ``g(z)`` with ``z = W a + b``."""
        if self.a is None:
            if np.iscomplexobj(self.parameters[0]):
                return self._formula(a)
            self._prepare(a.shape[-1])
        self.below = a
        self.dot(self.W, a, self.z)
        if self.bias:
            self.z += self.b
        self.a = self.activate(self.z, self.a, self.one)
        return self.a

    def backward(self, v: Array) -> None:
        """Set ``delta = g'(z)^T v``, ``dC/dW = delta a^T`` and ``dC/db = delta``."""
        self.delta = self.pull_back(self.z, self.a, v, self.delta, self.one)
        self.outer(self.delta, self.below.swapaxes(-1, -2), out=self.derivatives[0])
        if self.bias:
            self.dot(self.delta, self.ones, self.derivatives[1])

    def down(self) -> Any:
        """Return ``W^T delta``."""
        self.v = self.dot(self.W_T, self.delta, self.v)
        return self.v

    def _formula(self, a: Array) -> Any:
        """Do the same as `forward`, with nothing but the formulas."""
        W, *b = self.parameters
        self.z = W @ a + (b[0][..., None] if b else 0)
        return swap(self.activation(swap(self.z)))

    def _prepare(self, m: int) -> None:
        """Make the work arrays for m samples; each batch overwrites the one before."""
        W, *b = self.parameters
        self.W, self.W_T, self.b = W, swap(W), b[0][..., None] if b else 0
        stack = W.shape[:-2]
        self.z, self.a, self.delta = self.work_arrays((3, *stack, self.n_out, m), W.dtype)
        self.ones: Any = np.ones(m, W.dtype)
        self.one: Any = np.ones((), W.dtype)
        self.activate, self.pull_back = twins(self.activation)
        self.dot: Any = np.matmul if stack else np.dot
        outer_is_slow = m == 1 and W.nbytes >= 2**19 and not stack
        self.outer: Any = partial(np.einsum, "im,mj->ij") if outer_is_slow else self.dot


class Convolution(_Shown):
    r"""A layer of kernels that slide over an image: one Dense layer, shared by all its patches.

    .. math:: z_{k,uv} = \sum_{cij} W_{kcij}\, a_{c,\,u+i,\,v+j} + b_k, \qquad a' = g(z)

    Parameters
    ----------
    channels : int
        How many kernels, and so how many images come out.
    kernel : int or (int, int)
        Height and width of a kernel, at most those of the image.
    image_shape : (int, int) or (int, int, int)
        Height and width of the images that come in, with the number of channels in front if there
        are several. A sample is such an image, flattened row by row.
    activation : function, optional
        The activation g. One that is not elementwise, as softmax, acts on the kernels' numbers at
        each place by themselves.
    bias : bool, optional
        Whether each kernel has a b.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range; the message names it.

    Notes
    -----
    Source: Johansen, section 1.2, who asks for it in his last sentence. The kernel is not mirrored
    (a cross-correlation), and only places where it lies inside the image count ("valid").

    The way back follows from the sharing. Cut out the patch under the kernel at each of the P
    places, as a column of its own; then :math:`z = W a + b` for P columns instead of one, with the
    same W and b. They are used P times, so by the chain rule for several variables their
    derivatives are sums over the places as over samples: :math:`\delta\, a^T` and
    :math:`\delta \mathbf 1` with P columns for each sample. And a pixel that lies in several
    patches has acted on the cost through each of them: it gets the sum of its entries in
    :math:`W^T \delta`.

    Examples
    --------
    >>> layer = Convolution(8, 5, (28, 28))
    >>> layer.n_in, layer.n_out, layer.shapes
    (784, 4608, [(8, 1, 5, 5), (8,)])
    >>> Network([Convolution(1, 2, (2, 3), identity, bias=False)], init=zeros).theta.shape
    (4,)
    """

    parameters: Sequence[Array]
    derivatives: Sequence[Array]
    patches: Any = None  # no work arrays before the first batch

    def __init__(
        self,
        channels: int,
        kernel: int | tuple[int, int],
        image_shape: Sequence[int],
        activation: Activation = sigmoid,
        bias: bool = True,
    ) -> None:
        image = (1, *image_shape) if len(image_shape) == 2 else image_shape
        self.image = _sizes(image, "image_shape", 3)
        self.kernel = _sizes((kernel, kernel) if isinstance(kernel, int) else kernel, "kernel", 2)
        self.places = tuple(n - k + 1 for n, k in zip(self.image[1:], self.kernel))
        require(min(self.places) > 0, "kernel", f"fit into the image {image_shape}", kernel)
        self.shared = Dense(self.image[0] * math.prod(self.kernel), channels, activation, bias)
        self.n_in, self.n_out = math.prod(self.image), channels * math.prod(self.places)
        kernels = (channels, self.image[0], *self.kernel)
        self.shapes: Sequence[tuple[int, ...]] = [kernels, (channels,)][: 1 + self.shared.bias]
        self.arguments = (channels, self.kernel, self.image, activation, self.shared.bias)

    def forward(self, a: Array) -> Any:
        """Cut out the patches, each a column, and pass them through the shared layer."""
        images = np.ascontiguousarray(a).reshape(*self.image, -1)
        patches = sliding_window_view(images, self.kernel, (1, 2)).transpose(1, 0, 4, 5, 2, 3)
        if self.patches is None:
            self.patches = np.empty(patches.shape, a.dtype)
            self._share()
        np.copyto(self.patches, patches)
        columns = self.patches.reshape(self.places[0], self.shared.n_in, -1)
        a = self.shared.forward(columns)
        self.z = self._by_channel(self.shared.z)
        return self._by_channel(a)

    def backward(self, v: Array) -> None:
        """Let the shared layer sum over the patches of each row, then sum over the rows."""
        rows = v.reshape(self.shared.n_out, self.places[0], -1).swapaxes(0, 1)
        self.shared.backward(rows)
        self.delta = self._by_channel(self.shared.delta)
        for derivative, of_rows in zip(self.derivatives, self.shared.derivatives):
            of_rows.sum(0, out=derivative.reshape(of_rows.shape[1:]))

    def down(self) -> Any:
        """Add up what every patch hands down to a pixel."""
        patches = self.shared.down().reshape(self.patches.shape).transpose(2, 3, 1, 0, 4, 5)
        images = np.zeros((*self.image, patches.shape[-1]), patches.dtype)
        for i, j in np.ndindex(*self.kernel):
            images[:, i : i + self.places[0], j : j + self.places[1]] += patches[i, j]
        return images.reshape(self.n_in, -1)

    def _share(self) -> None:
        """Make a stack of the shared layer, one for each row of places: BLAS is faster so."""
        layer = self.shared = copy.copy(self.shared)
        layer.work_arrays, shapes = _channels_apart, [(self.places[0], *s) for s in layer.shapes]
        alike = [W.reshape(shape) for W, shape in zip(self.parameters, layer.shapes)]
        layer.parameters = list(map(np.broadcast_to, alike, shapes))
        layer.derivatives = [np.empty(shape, self.patches.dtype) for shape in shapes]

    def _by_channel(self, rows: Array) -> Any:
        """Return (rows of places, channels, ...) as (n_out, m): the images one after the other."""
        return rows.swapaxes(0, 1).reshape(self.n_out, -1)


def _channels_apart(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return work arrays in which a channel's numbers lie side by side, as in what comes out."""
    count, rows, channels, m = shape
    return aligned((count, channels, rows, m), dtype).swapaxes(1, 2)


def _sizes(given: Sequence[int], name: str, count: int) -> tuple[int, ...]:
    """Return so many whole numbers, or raise an error that names them."""
    sizes = tuple(whole_number(n, f"{name} (each number)", 1) for n in given)
    require(len(sizes) == count, name, f"have {count} numbers, or one less", given)
    return sizes
