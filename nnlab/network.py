"""The network: layers ``z = W a + b``, ``a = g(z)``, and its gradient by the delta recursion.

Outside, samples are rows. Where a weight matrix multiplies them they are columns, so that the code
reads as the equations do on paper. In memory, a unit's numbers for all samples lie side by side,
which is the faster layout, and in training each batch overwrites the one before.

Left out on purpose: other layers than fully connected ones, and different activations for
different hidden layers.
"""

import copy
import math
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

import numpy as np

from nnlab._validation import finite_real, generator, has_attribute, same_shape, whole_number
from nnlab.activations import sigmoid, softmax
from nnlab.costs import cross_entropy, logistic_loss, one_hot, quadratic
from nnlab.initializers import gaussian


@dataclass
class Gradient:
    """The cost and its derivatives, as `Network.backprop` returns them.

    Attributes
    ----------
    cost : float
        Mean cost of the samples, plus the regularizer.
    theta : ndarray, shape (N,)
        Derivative with respect to all parameters, in the order of `Network.theta`.
    weights, biases : list of ndarray
        The same as views into `theta`, shapes (n_l, n_{l-1}) and (n_l,).
    """

    cost: float
    theta: np.ndarray
    weights: list
    biases: list
    _at: np.ndarray = field(default=None, repr=False)  # the parameters whose gradient it is
    _layers: list = field(default_factory=list, repr=False)

    @property
    def deltas(self):
        """Derivatives of the mean cost with respect to every layer's weighted inputs.

        A list of arrays (m, n_l): samples are rows, and each carries the 1/m of the mean.
        """
        return [layer.delta for layer in self._layers]


class _Layer:
    """One layer, and its numbers for a batch of m samples.

    Z, A, V and Delta hold z, a, dC/da and dC/dz. Capital letters have samples as columns, as on
    paper, (n_l, m); small letters are the same memory with samples as rows, (m, n_l).
    """

    def __init__(self, W, b, g, m):
        self.W, self.WT, self.g = W, W.swapaxes(-1, -2), g
        self.b = None if b is None else b[..., None]
        self.ones = np.ones(m, W.dtype)
        self.Z, self.A, self.V, self.Delta = arrays = _aligned((4, *W.shape[:-1], m), W.dtype)
        self.z, self.a, self.v, self.delta = arrays.swapaxes(-1, -2)


def _aligned(shape, dtype):
    """Return an empty array that starts at a multiple of 64 bytes, as NumPy likes it best."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def _shapes(arrays):
    return [array.shape for array in arrays]


class Network:
    r"""A fully connected network of any depth.

    .. math:: a^0 = x, \qquad z^l = W^l a^{l-1} + b^l, \qquad a^l = g^l(z^l), \qquad
              J(\theta) = \frac1m \sum_{s=1}^m C(a^L(x_s), y_s) + \sum_{l=1}^L R(W^l)

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers, the input first: at least two numbers, each at least 1.
    hidden, output : function, optional
        Activations of the hidden layers and of the last one, see `nnlab.activations`.
    cost : function, optional
        Cost per sample, see `nnlab.costs`.
    bias : bool, optional
        Whether the layers have biases. They start at zero.
    init : function, optional
        Initializer ``(sizes, rng) -> weights``; ``gaussian()`` if not given.
    regularizer : function, optional
        ``R(W)`` with an attribute ``R.gradient(W)``, such as ``l2(lam)``.
    rng : numpy.random.Generator, optional
        Source of the random start; if not given, a new one that cannot be repeated.
    dtype : dtype, optional
        float64 or float32.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range; the message names it.

    Notes
    -----
    Source: Johnson, section 1; Johansen (1.1) and (1.2). A softmax output is joined with the
    cross-entropy: its output error is computed as p - y, and its cost from the scores, so that
    neither can overflow.

    Examples
    --------
    >>> network = Network([2, 3, 1], rng=np.random.default_rng(1))
    >>> network.forward([[0.0, 1.0], [1.0, 1.0]]).shape, network.theta.shape
    ((2, 1), (13,))
    """

    def __init__(
        self,
        sizes,
        hidden=sigmoid,
        output=sigmoid,
        cost=quadratic,
        bias=True,
        init=None,
        regularizer=None,
        rng=None,
        dtype=float,
    ):
        self.sizes = tuple(whole_number(n, "sizes (each width)", 1) for n in sizes)
        if len(self.sizes) < 2:
            raise ValueError(f"sizes must name at least the input and one layer, got {sizes!r}")
        if np.dtype(dtype).char not in "fd":
            raise TypeError(f"dtype must be float64 or float32, got {dtype!r}")
        has_attribute(hidden, "pullback", "hidden")
        has_attribute(output, "pullback", "output")
        has_attribute(cost, "gradient", "cost")
        has_attribute(regularizer, "gradient", "regularizer", optional=True)
        self.hidden, self.output, self.cost_function = hidden, output, cost
        self._joined = output is softmax and cost is cross_entropy  # computed from the scores
        self.bias, self.regularizer = bool(bias), regularizer
        rng = np.random.default_rng() if rng is None else generator(rng)
        self._theta = np.zeros(sum(n * (k + self.bias) for k, n in pairwise(self.sizes)), dtype)
        start = [finite_real(W, "init") for W in (init or gaussian())(self.sizes, rng)]
        if _shapes(start) != _shapes(self.weights):
            raise ValueError(f"init must give {_shapes(self.weights)}, got {_shapes(start)}")
        for W, values in zip(self.weights, start):
            W[...] = values

    # Parameters: one flat vector, and views into it.

    def _views(self, theta):
        """Return the weights and biases that lie in a flat vector, without copying."""
        weights, biases = [], []
        for k, n in pairwise(self.sizes):
            end = n * (k + self.bias)
            weights.append(theta[..., : n * k].reshape(*theta.shape[:-1], n, k))
            biases.append(theta[..., n * k : end])
            theta = theta[..., end:]
        return weights, biases if self.bias else []

    @property
    def theta(self):
        """All parameters in one flat vector (N,), W^1 row by row, then b^1, W^2, b^2 and so on.

        Assigning copies the values in: ``network.theta -= step`` changes the network in place.
        """
        return self._theta

    @theta.setter
    def theta(self, values):
        values = same_shape(values, "theta", self._theta, "network.theta")
        self._theta[...] = finite_real(values, "theta")

    @property
    def weights(self):
        """Matrices of shapes (n_l, n_{l-1}), a list of views into `theta`; row = receiving unit."""
        return self._views(self._theta)[0]

    @property
    def biases(self):
        """Vectors of shapes (n_l,), a list of views into `theta`; an empty list without biases."""
        return self._views(self._theta)[1]

    def at(self, theta):
        """Return this network at other parameters: same structure, its `theta` is the given one.

        Parameters
        ----------
        theta : array_like, shape (N,)
            The parameters, not copied if they are an array of floats. They may be complex, for
            the complex step of `nnlab.check_gradient`.

        Returns
        -------
        Network

        Raises
        ------
        TypeError, ValueError
            If `theta` does not hold numbers or has another shape.

        Examples
        --------
        >>> network = Network([2, 1], rng=np.random.default_rng(1))
        >>> network.at(0 * network.theta).forward([1.0, 1.0]).tolist()
        [0.5]
        """
        other = copy.copy(self)
        other._theta = same_shape(theta, "theta", self._theta, "network.theta")
        return other

    # Data: what comes in is checked here, once.

    def _inputs(self, X):
        X = finite_real(X, "X")
        if X.shape[1:] != self.sizes[:1] or not len(X):
            raise ValueError(f"X must have shape (m, {self.sizes[0]}) with m >= 1, got {X.shape}")
        return X.astype(self.theta.real.dtype, copy=False)

    def _data(self, X, Y):
        """Return both as rows: labels become unit vectors, floats (m,) a column."""
        X, Y, n = self._inputs(X), np.asarray(Y), self.sizes[-1]
        of_classes = getattr(self.cost_function, "of_classes", False)
        if of_classes and Y.ndim == 1 and Y.dtype.kind in "iu":
            Y = one_hot(Y, n, X.dtype)
        elif Y.ndim == 1 and n == 1:
            Y = Y[:, None]
        Y = finite_real(Y, "Y")
        if Y.shape != (len(X), n):
            labels = f" or integer labels of shape ({len(X)},)" if of_classes else ""
            raise ValueError(f"Y must have shape {(len(X), n)}{labels}, got {Y.shape}")
        if of_classes and not (Y.min() >= 0 and np.allclose(Y.sum(axis=1), 1, rtol=0, atol=1e-6)):
            raise ValueError("Y must hold rows of probabilities that sum to one")
        return X, np.asfortranarray(Y, X.dtype)

    # The forward pass.

    _dot, _is_finite = staticmethod(np.dot), staticmethod(math.isfinite)

    def _layers(self, m):
        """Return the layers, with work arrays for m samples."""
        parts = *self._views(self._theta), [self.hidden] * (len(self.sizes) - 2) + [self.output]
        return [_Layer(W, b, g, m) for W, b, g in zip_longest(*parts)]

    def _forward(self, X, layers):
        """Fill z^l = W^l a^{l-1} + b^l and a^l = g(z^l), but not the output; return that layer."""
        A = X.T
        for layer in layers:
            self._dot(layer.W, A, out=layer.Z)
            if layer.b is not None:
                layer.Z += layer.b
            if layer is not layers[-1]:
                layer.g(layer.z, out=layer.a)
            A = layer.A
        return layers[-1]

    def trace(self, X):
        """Return every layer's weighted inputs and activations.

        Parameters
        ----------
        X : array_like, shape (m, n_0) or (n_0,)
            Samples as rows, or one sample.

        Returns
        -------
        z : list of ndarray, shapes (m, n_l) or (n_l,)
            Weighted inputs of the layers 1 to L.
        a : list of ndarray, shapes (m, n_l) or (n_l,)
            Activations of the layers 0 to L; ``a[0]`` is `X` and ``a[-1]`` the output.

        Raises
        ------
        TypeError, ValueError
            If `X` does not hold finite numbers in one of these shapes.

        Examples
        --------
        >>> z, a = Network([2, 3, 1], rng=np.random.default_rng(1)).trace([0.0, 1.0])
        >>> [len(values) for values in z], [len(values) for values in a]
        ([3, 1], [2, 3, 1])
        """
        single = np.ndim(X) == 1
        X = self._inputs([X] if single else X)
        layers = self._layers(len(X))
        last = self._forward(X, layers)
        last.g(last.z, out=last.a)
        z, a = [layer.z for layer in layers], [X, *(layer.a for layer in layers)]
        return tuple([x[..., 0, :] for x in rows] for rows in (z, a)) if single else (z, a)

    def forward(self, X):
        """Return the outputs of the network.

        Parameters
        ----------
        X : array_like, shape (m, n_0) or (n_0,)
            Samples as rows, or one sample.

        Returns
        -------
        ndarray, shape (m, n_L) or (n_L,)
            Outputs as rows, or one output.

        Raises
        ------
        TypeError, ValueError
            If `X` does not hold finite numbers in one of these shapes.

        Examples
        --------
        >>> Network([2, 1], init=zeros).forward([3.0, 4.0]).tolist()
        [0.5]
        """
        return self.trace(X)[1][-1]

    def predict(self, X):
        """Return the predicted labels.

        Parameters
        ----------
        X : array_like, shape (m, n_0) or (n_0,)
            Samples as rows, or one sample.

        Returns
        -------
        ndarray of int, shape (m,), or int
            The index of the largest output; with a single output, whether it is above 1/2.

        Raises
        ------
        TypeError, ValueError
            If `X` does not hold finite numbers in one of these shapes.

        Examples
        --------
        >>> int(Network([2, 3], init=zeros).predict([3.0, 4.0]))
        0
        """
        return self._labels(self.forward(X))

    def _labels(self, rows):
        return (rows[..., 0] > 0.5).astype(int) if self.sizes[-1] == 1 else rows.argmax(axis=-1)

    def accuracy(self, X, Y):
        """Return the share of samples whose predicted label is the one of the target.

        Parameters
        ----------
        X : array_like, shape (m, n_0)
            Samples as rows.
        Y : array_like
            Targets, as for `cost`.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        TypeError, ValueError
            As for `cost`.

        Examples
        --------
        >>> Network([2, 1], init=zeros).accuracy([[3.0, 4.0], [1.0, 2.0]], [1.0, 0.0])
        0.5
        """
        X, Y = self._data(X, Y)
        return self._average(self.predict(X) == self._labels(Y))

    # The cost and its gradient.

    def _losses(self, X, Y, layers):
        """Fill z and a of every layer, and return the cost of each sample."""
        last = self._forward(X, layers)
        if self._joined:
            return logistic_loss(last.z, Y, softmax_out=last.a)
        last.g(last.z, out=last.a)
        return self.cost_function(last.a, Y)

    def _average(self, values):
        """Return the mean over the samples."""
        return np.add.reduce(values).item() / len(values)

    def _objective(self, losses):
        """Return the mean over the samples, plus the regularizer."""
        mean = self._average(losses)
        return mean + sum(map(self.regularizer, self.weights)) if self.regularizer else mean

    def losses(self, X, Y):
        """Return the cost of every sample by itself, without the regularizer.

        Parameters
        ----------
        X : array_like, shape (m, n_0)
            Samples as rows.
        Y : array_like
            Targets, as for `cost`.

        Returns
        -------
        ndarray, shape (m,)

        Raises
        ------
        TypeError, ValueError
            As for `cost`.

        Examples
        --------
        >>> Network([2, 1], init=zeros).losses([[3.0, 4.0]], [1.0]).tolist()
        [0.125]
        """
        X, Y = self._data(X, Y)
        return self._losses(X, Y, self._layers(len(X)))

    def cost(self, X, Y):
        """Return the objective: the mean cost of the samples, plus the regularizer.

        Parameters
        ----------
        X : array_like, shape (m, n_0)
            Samples as rows.
        Y : array_like, shape (m, n_L), or integers (m,), or floats (m,)
            Targets as rows; integer labels for the cross-entropy and the logistic loss, whose
            rows must be probabilities; floats (m,) where the output is a single number.

        Returns
        -------
        float

        Raises
        ------
        TypeError, ValueError
            If the data are not finite numbers in one of these forms.

        Examples
        --------
        >>> Network([2, 1], init=zeros).cost([[3.0, 4.0], [1.0, 2.0]], [1.0, 0.0])
        0.125
        """
        return self._objective(self.losses(X, Y))

    def backprop(self, X, Y, out=None):
        r"""Return the cost and its gradient, by the delta recursion.

        .. math:: \delta^L = g'(z^L)^T \frac{\partial C}{\partial a^L}, \quad
                  \delta^{l-1} = g'(z^{l-1})^T \, W^{l\,T} \delta^l, \quad
                  \frac{\partial C}{\partial W^l} = \delta^l a^{l-1\,T}, \quad
                  \frac{\partial C}{\partial b^l} = \delta^l

        Parameters
        ----------
        X, Y : array_like
            Samples and targets, as for `cost`.
        out : Gradient, optional
            An earlier result for the same network, whose arrays are to be overwritten.

        Returns
        -------
        Gradient
            Of the mean over the samples, plus the regularizer. The arrays are the caller's.

        Raises
        ------
        TypeError, ValueError
            If the data are not finite numbers in one of these forms, or `out` does not fit.

        Notes
        -----
        Source: Johansen (1.7) to (1.15); DMML slides, steps 1 to 4.

        Examples
        --------
        >>> gradient = Network([2, 1], init=zeros).backprop([[3.0, 4.0]], [1.0])
        >>> gradient.theta.tolist()
        [-0.375, -0.5, -0.125]
        """
        X, Y = self._data(X, Y)
        if out is None:
            out = self._new_gradient()
        elif not isinstance(out, Gradient) or out.theta.dtype != self.theta.dtype:
            raise TypeError(f"out must be a Gradient of {self.theta.dtype}, got {out!r}")
        elif out.theta.shape != self.theta.shape or _shapes(out.weights) != _shapes(self.weights):
            raise ValueError(f"out must have the shapes of this network's parameters, got {out!r}")
        self._delta_recursion(X, Y, out)
        if self._theta.dtype.kind == "c" or not self._is_finite(out.cost):
            finite_real(self._theta, "theta")
        return out

    def _new_gradient(self):
        theta = np.empty_like(self._theta)
        return Gradient(np.nan, theta, *self._views(theta))

    def _delta_recursion(self, X, Y, out):
        """Fill `out` with the cost and the gradient; its work arrays serve again where they fit."""
        if out._at is not self._theta or len(out._layers[0].a) != len(X):
            out._at, out._layers = self._theta, self._layers(len(X))
        layers = out._layers
        out.cost = self._objective(self._losses(X, Y, layers))

        # The error of the output layer, with the 1/m of the mean over the samples.
        last = layers[-1]
        if self._joined:
            np.subtract(last.a, Y, out=last.delta)
        else:
            v = self.cost_function.gradient(last.a, Y)
            last.g.pullback(last.z, v, a=last.a, out=last.delta)
        last.Delta /= float(len(X))

        # Backwards, layer by layer: delta^{l-1} = g'(z^{l-1})^T W^{l T} delta^l.
        for above, layer in pairwise(reversed(layers)):
            self._dot(above.WT, above.Delta, out=layer.V)
            layer.g.pullback(layer.z, layer.v, a=layer.a, out=layer.delta)

        # The derivatives with respect to the parameters: dC/dW^l = delta^l a^{l-1 T}.
        below = [X, *(layer.a for layer in layers)]
        for layer, a, dW in zip(layers, below, out.weights):
            self._dot(layer.Delta, a, out=dW)
            if self.regularizer:
                dW += self.regularizer.gradient(layer.W)
        for layer, db in zip(layers, out.biases):
            self._dot(layer.Delta, layer.ones, out=db)

    def __repr__(self):
        names = [f.__name__ for f in (self.hidden, self.output, self.cost_function)]
        return "Network({}, hidden={}, output={}, cost={})".format(list(self.sizes), *names)
