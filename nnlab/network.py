"""The network: layers one after the other, the forward pass, and the delta recursion.

Outside, samples are rows. Inside a network they are columns, see `nnlab.layers`.
"""

import copy
import json
import math
from collections import ChainMap
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise
from os import PathLike
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nnlab import _validation as check
from nnlab import activations, costs, layers
from nnlab._in_place import aligned, cost_and_slope, swap
from nnlab._validation import Array, finite_real, has_attribute, require
from nnlab.activations import Activation, identity, sigmoid, softmax
from nnlab.costs import Cost, Regularizer, binary_cross_entropy, l2, logistic_loss, quadratic
from nnlab.initializers import Initializer, gaussian, zeros
from nnlab.layers import Dense, Layer

# Outputs and costs that are computed together, from the scores: neither can overflow then.
_JOINED: dict[Any, Cost] = {
    (softmax, costs.cross_entropy): logistic_loss,
    (sigmoid, binary_cross_entropy): costs.binary_logistic_loss,
}


class _Parameters:
    """One flat vector, and views into it: what a network and its gradient have in common."""

    _theta: Array
    _shapes: list[Sequence[tuple[int, ...]]]  # of each layer's arrays

    def _views(self) -> list[list[Array]]:
        """Return each layer's arrays, without copying."""
        ends = accumulate(map(math.prod, chain(*self._shapes)))

        def view(shape: tuple[int, ...]) -> Array:
            end = next(ends)
            part = self._theta[..., end - math.prod(shape) : end]
            return part.reshape(*part.shape[:-1], *shape)

        return [list(map(view, shapes)) for shapes in self._shapes]

    @property
    def weights(self) -> tuple[Array, ...]:
        """Matrices of shapes (n_l, n_{l-1}), views into `theta`; row = receiving unit."""
        return tuple(view for view in chain(*self._views()) if view.ndim > self._theta.ndim)

    @property
    def biases(self) -> tuple[Array, ...]:
        """Vectors of shapes (n_l,), views into `theta`; empty without biases."""
        return tuple(view for view in chain(*self._views()) if view.ndim == self._theta.ndim)


class Gradient(_Parameters):
    """The cost and its derivatives, as `Network.backprop` returns them.

    Attributes
    ----------
    cost : float
        Mean cost of the samples, plus the regularizer.
    theta : ndarray, shape (N,)
        Derivative with respect to all parameters, in the order of `Network.theta`.
    weights, biases : tuple of ndarray
        The same as views into `theta`, shapes (n_l, n_{l-1}) and (n_l,).
    """

    def __init__(self, network: "Network") -> None:
        self.cost = math.nan
        self.theta = self._theta = np.empty_like(network.theta)
        self._shapes = network._shapes
        self._layers: Sequence[Any] = []  # at work on samples, with views into both vectors
        self._engine: Any = None, None, None  # the parameters, the cost, and its slope dC/da

    @property
    def deltas(self) -> list[Array]:
        """Derivatives of the mean cost with respect to every layer's weighted inputs.

        A list of arrays (m, n_l): samples are rows, and each carries the 1/m of the mean. Empty
        for a layer of your own that keeps no delta.
        """
        return [swap(getattr(layer, "delta", np.empty((0, 0)))) for layer in self._layers]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the layers at work: a copy would have views into other arrays than its own."""
        deltas = [SimpleNamespace(delta=swap(delta)) for delta in self.deltas]
        return {**vars(self), "_layers": deltas, "_engine": (None, None, None)}

    def __repr__(self) -> str:
        return f"Gradient(cost={self.cost}, theta={self.theta})"


def _dense(sizes: list[Any], hidden: Any, output: Any, bias: bool) -> list[Layer]:
    """Return the fully connected layers between so many units."""
    require(len(sizes) > 1, "sizes", "name at least the input and one layer", sizes)
    sizes = [check.whole_number(n, "sizes (each width)", 1) for n in sizes]
    count, several = len(sizes) - 2, isinstance(hidden, (list, tuple))
    for g in hidden if several else [hidden]:
        has_attribute(g, "pullback", "hidden")
    has_attribute(output, "pullback", "output")
    functions = hidden if several else [hidden] * count
    fitting = len(functions) == count
    require(fitting, "hidden", f"be one activation, or a list of {count}", hidden)
    return [Dense(k, n, g, bias) for (k, n), g in zip(pairwise(sizes), [*functions, output])]


def _fitting(layers: list[Any]) -> list[Layer]:
    """Return the layers, if each takes what the one below gives."""
    for layer in layers:
        has_attribute(layer, "forward", "sizes (each layer)")
    for number, (below, layer) in enumerate(pairwise(layers), 2):
        wanted = f"have {below.n_out} numbers in, as many as come out of the one below"
        require(layer.n_in == below.n_out, f"layer {number}", wanted, layer)
    return layers


def _make_sense(output: Any, cost: Any, n: int) -> None:
    """Refuse pairs of output and cost that look reasonable and are not."""
    if cost is logistic_loss and output is softmax:
        remedy = "take output=identity with it, or cost=cross_entropy with softmax"
        raise ValueError(f"cost=logistic_loss has its own softmax, a second one is wrong; {remedy}")
    if getattr(cost, "of_classes", False) and n == 1:
        remedy = "take two outputs, or output=sigmoid with cost=binary_cross_entropy"
        raise ValueError(f"cost={_called(cost)} needs an output for each class, got one; {remedy}")


def _called(x: Any) -> str:
    """Return the name of a function; of two and more in a row, unless they are all the same."""
    if isinstance(x, (list, tuple)):
        return _called(x[0]) if len(set(x)) == 1 else f"[{', '.join(map(_called, x))}]"
    return getattr(x, "__name__", repr(x))


def _name(x: Any) -> dict[str, str]:
    """Return what a saved file has in place of a function or class of nnlab."""
    name = {"nnlab": getattr(x, "__name__", "")}
    if _named(name) is not x:
        remedy = "build the network by its program, and keep network.theta with numpy.save"
        raise TypeError(f"only what nnlab has can be saved by its name, got {x!r}; {remedy}")
    return name


def _named(name: dict[str, str]) -> Any:
    """Return the function or class that has this name in a saved file."""
    return ChainMap(vars(activations), vars(costs), vars(layers)).get(name["nnlab"])


def _mean(values: Array) -> Any:
    """Return the mean over the samples, a number; for a stack one for each member."""
    mean = values.mean(axis=-1)
    return mean if mean.ndim else mean.item()


class Network(_Parameters):
    r"""Layers one after the other, of any kind and depth.

    .. math:: a^0 = x, \qquad z^l = W^l a^{l-1} + b^l, \qquad a^l = g^l(z^l), \qquad
              J(\theta) = \frac1m \sum_{s=1}^m C(a^L(x_s), y_s) + \sum_{l=1}^L R(W^l)

    Parameters
    ----------
    sizes : sequence of int, or of layers
        Widths of fully connected layers, the input first: at least two numbers, each at least 1.
        Or the layers themselves, see `nnlab.Dense`, `nnlab.Convolution` and `nnlab.Layer`.
    hidden : function or list of functions, optional
        Activation of the hidden layers, or one for each of them, see `nnlab.Activation`.
    output : function, optional
        Activation of the last layer. Layers that are given have activations of their own.
    cost : function, optional
        Cost per sample, see `nnlab.Cost`.
    bias : bool, optional
        Whether the layers have biases. They start at zero.
    init : function, optional
        Initializer ``(sizes, rng) -> weights``; ``gaussian()`` if not given. For layers that are
        given it is called for each array of weights, with the two widths of its matrix.
    regularizer : function, optional
        ``R(W)`` with an attribute ``R.gradient(W)``, such as ``l2(lam)``; may be changed later.
    rng : numpy.random.Generator, optional
        Source of the random start; if not given, a new one that cannot be repeated.
    dtype : dtype, optional
        float64 or float32.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, or output and cost make no sense
        together; the message names it.

    Notes
    -----
    Source: Johnson, section 1; Zheng, section 2, "fundamental building blocks"; Johansen (1.1) and
    (1.2). A softmax output is joined with the cross-entropy: its output error is computed as p - y,
    and its cost from the scores, so that neither can overflow. So are sigmoids with the binary
    cross-entropy.

    Examples
    --------
    >>> network = Network([2, 3, 1], rng=np.random.default_rng(1))
    >>> network.forward([[0.0, 1.0], [1.0, 1.0]]).shape, network.theta.shape
    ((2, 1), (13,))
    >>> Network([Convolution(8, 5, (28, 28)), Dense(4608, 10, softmax)], cost=cross_entropy)
    Network([Convolution(8, (5, 5), (1, 28, 28), sigmoid, True), Dense(4608, 10, softmax, True)],
    cost=cross_entropy)
    """

    def __init__(
        self,
        sizes: Iterable[int] | Iterable[Layer],
        hidden: Activation | Sequence[Activation] = sigmoid,
        output: Activation = sigmoid,
        cost: Cost = quadratic,
        bias: bool = True,
        init: Initializer | None = None,
        regularizer: Regularizer | None = None,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = float,
    ) -> None:
        given = list(sizes)
        as_layers = any(hasattr(x, "forward") for x in given)
        if as_layers and not (hidden is output is sigmoid and bias is True):
            raise ValueError("hidden, output and bias belong to the layers, where these are given")
        blocks = _fitting(given) if as_layers else _dense(given, hidden, output, bias)
        known = np.dtype(dtype).char in "fd"
        require(known, "dtype", "be float64 or float32", dtype, TypeError)
        has_attribute(cost, "gradient", "cost")
        has_attribute(regularizer, "gradient", "regularizer", optional=True)
        functions = [getattr(layer, "activation", None) for layer in blocks]
        _make_sense(functions[-1], cost, blocks[-1].n_out)
        self.sizes = (blocks[0].n_in, *(layer.n_out for layer in blocks))
        self.layers: tuple[Any, ...] = tuple(map(copy.copy, blocks))
        self.hidden: Any = tuple(functions[:-1]) if as_layers else hidden
        self.output, self.cost_function = functions[-1], cost
        self.bias, self.regularizer = bool(bias), regularizer
        self._shapes = [layer.shapes for layer in blocks]
        count = sum(math.prod(shape) for shape in chain(*self._shapes))
        self._theta = np.zeros(count, dtype)
        self._start(init or gaussian(), check.generator(rng, True) or np.random.default_rng())

    def _start(self, init: Initializer, rng: np.random.Generator) -> None:
        """Set the weights; an array of more than two axes is a matrix with one row per unit."""
        matrices = [W.reshape(len(W), -1) for W in self.weights]
        by_sizes = all(isinstance(layer, Dense) for layer in self.layers)
        one_by_one = (init(W.shape[::-1], rng)[0] for W in matrices)
        start = init(self.sizes, rng) if by_sizes else one_by_one
        start = [finite_real(W, "init", self._theta.dtype) for W in start]
        wanted, found = ([W.shape for W in arrays] for arrays in (matrices, start))
        require(found == wanted, "init", f"give {wanted}", found)
        for W, values in zip(matrices, start):
            W[...] = values

    def __setattr__(self, name: str, value: Any) -> None:
        if "_theta" in vars(self) and name not in ("theta", "regularizer"):
            remedy = "make a new Network with other arguments and assign its theta"
            raise AttributeError(f"{name} of a network cannot be changed; {remedy}")
        object.__setattr__(self, name, value)

    @property
    def theta(self) -> Array:
        """All parameters in one flat vector (N,), W^1 row by row, then b^1, W^2, b^2 and so on.

        Assigning copies the values in: ``network.theta -= step`` changes the network in place.
        """
        return self._theta

    @theta.setter
    def theta(self, values: ArrayLike) -> None:
        values = check.same_shape(values, "theta", self._theta, "network.theta")
        self._theta[...] = finite_real(values, "theta", self._theta.dtype)

    def at(self, theta: ArrayLike) -> "Network":
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
        vars(other)["_theta"] = check.same_shape(theta, "theta", self._theta, "network.theta")
        return other

    # Data: what comes in is checked here, once.

    def _inputs(self, X: ArrayLike) -> Array:
        X = finite_real(X, "X", self._theta.real.dtype)
        if X.shape[1:] != self.sizes[:1] or not len(X):
            raise ValueError(f"X must have shape (m, {self.sizes[0]}) with m >= 1, got {X.shape}")
        return X

    def data(self, X: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
        """Return samples and targets as the network computes with them, or say what is wrong.

        Parameters
        ----------
        X, Y : array_like
            Samples and targets, as for `cost`.

        Returns
        -------
        X : ndarray, shape (m, n_0)
            Samples as rows, in the type of `theta`.
        Y : ndarray, shape (m, n_L)
            Targets as rows: labels become unit vectors, floats (m,) a column.

        Raises
        ------
        TypeError, ValueError
            As for `cost`.

        Examples
        --------
        >>> Network([2, 1]).data([[3, 4]], [1])[1].tolist()
        [[1.0]]
        """
        X, Y, n = self._inputs(X), np.asarray(Y), self.sizes[-1]
        of_classes = getattr(self.cost_function, "of_classes", False)
        if of_classes and Y.ndim == 1 and Y.dtype.kind in "iu":
            Y = costs.one_hot(Y, n, X.dtype)
        elif Y.ndim == 1 and n == 1:
            Y = Y[:, None]
        Y = finite_real(Y, "Y", X.dtype)
        if Y.shape != (len(X), n):
            labels = f" or integer labels of shape ({len(X)},)" if of_classes else ""
            raise ValueError(f"Y must have shape {(len(X), n)}{labels}, got {Y.shape}")
        if of_classes and not (Y.min() >= 0 and np.allclose(Y.sum(axis=1), 1, rtol=0, atol=1e-6)):
            raise ValueError("Y must hold rows of probabilities that sum to one")
        if self.cost_function is binary_cross_entropy:
            check.within(Y, "Y, for binary_cross_entropy,", 0, 1)
        return X, np.asfortranarray(Y)

    # The forward pass.

    def _at_work(self, layers: Sequence[Any], gradient: _Parameters | None = None) -> list[Any]:
        """Return copies of the layers that have their parameters, and where derivatives go."""
        check.finite(self._theta, "theta")
        parameters, copies = self._views(), [copy.copy(layer) for layer in layers]
        derivatives = gradient._views() if gradient else [[] for _ in copies]
        for layer, own, derived in zip(copies, parameters, derivatives):
            layer.parameters, layer.derivatives = own, derived
        return copies

    def _pass(self, X: Array, layers: Sequence[Any]) -> tuple[list[Any], list[Array]]:
        """Return the layers at work, and the activations of all layers, samples as columns."""
        layers, a = self._at_work(layers), [X.T]
        with np.errstate(over="ignore"):
            for layer in layers:
                a.append(layer.forward(a[-1]))
        return layers, a

    def _from_scores(self) -> tuple[Sequence[Any], Cost]:
        """Return layers and cost as they are computed: a joined output goes into the cost."""
        *below, last = self.layers
        joined = _JOINED.get((self.output, self.cost_function))
        if joined is None or not isinstance(last, Dense):
            return self.layers, self.cost_function
        return [*below, Dense(last.n_in, last.n_out, identity, last.bias)], joined

    def trace(self, X: ArrayLike) -> tuple[list[Array], list[Array]]:
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
        layers, a = self._pass(self._inputs(np.asarray(X)[None] if single else X), self.layers)
        z = [getattr(layer, "z", a_l) for layer, a_l in zip(layers, a[1:])]
        rows = [[x[..., 0] if single else swap(x) for x in columns] for columns in (z, a)]
        return rows[0], rows[1]

    def forward(self, X: ArrayLike) -> Array:
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

    def predict(self, X: ArrayLike) -> Any:
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

    def _labels(self, rows: Array) -> Any:
        return (rows[..., 0] > 0.5).astype(int) if self.sizes[-1] == 1 else rows.argmax(axis=-1)

    def accuracy(self, X: ArrayLike, Y: ArrayLike) -> Any:
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
        X, Y = self.data(X, Y)
        if not check.names_classes(Y):
            raise ValueError("Y must be from 0 to 1 for an accuracy; for other numbers see losses")
        return _mean(self.predict(X) == self._labels(Y))

    # The cost and its gradient.

    def losses(self, X: ArrayLike, Y: ArrayLike) -> Array:
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
        X, Y = self.data(X, Y)
        layers, cost = self._from_scores()
        a = swap(self._pass(X, layers)[1][-1])
        return np.asarray(cost(a, np.broadcast_to(Y, a.shape)))

    def cost(self, X: ArrayLike, Y: ArrayLike) -> Any:
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
        return self._objective(_mean(self.losses(X, Y)))

    def _objective(self, mean: Any) -> Any:
        """Return the mean over the samples, plus the regularizer."""
        return mean + sum(map(self.regularizer, self.weights)) if self.regularizer else mean

    def backprop(self, X: ArrayLike, Y: ArrayLike, out: Gradient | None = None) -> Gradient:
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
        X, Y = self.data(X, Y)
        if np.iscomplexobj(self._theta):
            raise TypeError("theta must be real for a gradient, got complex numbers")
        out = Gradient(self) if out is None else out
        if not isinstance(out, Gradient) or out.theta.dtype != self._theta.dtype:
            raise TypeError(f"out must be a Gradient of {self._theta.dtype}, got {out!r}")
        if out.theta.shape != self._theta.shape or out._shapes != self._shapes:
            raise ValueError(f"out must have the shapes of this network's parameters, got {out}")
        with np.errstate(over="ignore"):
            out = self.delta_recursion(X, Y, out)
        if not np.isfinite(out.cost).all():
            check.finite(self._theta, "theta")
        return out

    def delta_recursion(self, X: Array, Y: Array, out: Gradient) -> Gradient:
        """Do what `backprop` does, with data that `data` has checked: the recursion and no more.

        Parameters
        ----------
        X : ndarray, shape (m, n_0)
            Samples as rows.
        Y : ndarray, shape (m, n_L)
            Targets as rows.
        out : Gradient
            ``Gradient(network)``, or an earlier result, whose layers go on working where m is
            the same.

        Returns
        -------
        Gradient
            Of the mean over the samples, plus the regularizer.

        Examples
        --------
        >>> network = Network([2, 1], init=zeros)
        >>> X, Y = network.data([[3.0, 4.0]], [1.0])
        >>> network.delta_recursion(X, Y, Gradient(network)).theta.tolist()
        [-0.375, -0.5, -0.125]
        """
        m = len(X)
        theta, cost, v = out._engine
        if theta is not self._theta or v.shape[-1] != m:
            layers, function = self._from_scores()
            out._layers, cost = self._at_work(layers, out), cost_and_slope(function)
            v = aligned((*self._theta.shape[:-1], self.sizes[-1], m), self._theta.dtype)
            out._engine = self._theta, cost, v
        layers = out._layers

        a = X.T
        for layer in layers:
            a = layer.forward(a)  # z = W a + b, and g(z)
        mean = cost(a, Y.T, v) / m
        out.cost = self._objective(mean if mean.ndim else float(mean))

        v /= m  # dC/da of the mean cost
        for layer in reversed(layers):
            layer.backward(v)  # delta = g'(z)^T v; dC/dW = delta a^T, dC/db = delta
            if layer is not layers[0]:
                v = layer.down()  # W^T delta, for the layer below

        if self.regularizer:
            for W, dW in zip(self.weights, out.weights):
                dW += self.regularizer.gradient(W)
        return out

    # Keep and load.

    def save(self, file: str | PathLike[str]) -> None:
        """Write structure and parameters into a file, an ``.npz`` that needs no pickle.

        Parameters
        ----------
        file : path
            Where to write.

        Raises
        ------
        TypeError
            If a function or a layer is not one of nnlab, which cannot be saved by its name.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Network([2, 3, 1], hidden=relu).save(pathlib.Path(folder) / "network.npz")
        ...     Network.load(pathlib.Path(folder) / "network.npz")
        Network([2, 3, 1], hidden=relu, output=sigmoid, cost=quadratic)
        """
        if self._theta.ndim > 1:
            raise TypeError("a stack is saved member by member, as in stack[0].save(file)")
        R = self.regularizer
        penalty = [l2, R.lam] if isinstance(R, l2) else R
        built = [[type(layer), *layer.arguments] for layer in self.layers]
        structure = json.dumps([built, self.cost_function, penalty], default=_name)
        with open(file, "wb") as opened:
            np.savez(opened, theta=self._theta, structure=structure)

    @staticmethod
    def load(file: str | PathLike[str]) -> "Network":
        """Return the network that was written by `save`.

        Parameters
        ----------
        file : path
            Where it is.

        Raises
        ------
        ValueError
            If the file holds something else.
        """
        with np.load(file, allow_pickle=False) as saved:
            known = set(saved) == {"theta", "structure"}
            require(known, "file", "be one that Network.save wrote", str(file))
            theta, structure = saved["theta"], saved["structure"].item()
        built, cost, penalty = json.loads(structure, object_hook=_named)
        R = penalty and penalty[0](*penalty[1:])
        layers = [kind(*arguments) for kind, *arguments in built]
        network = Network(layers, cost=cost, init=zeros, regularizer=R, dtype=theta.dtype)
        network.theta = theta
        return network

    def __repr__(self) -> str:
        cost = f"cost={_called(self.cost_function)}"
        if not all(isinstance(layer, Dense) for layer in self.layers):
            return f"Network({list(self.layers)}, {cost})"
        hidden, output = _called(self.hidden or sigmoid), _called(self.output)
        return f"Network({list(self.sizes)}, hidden={hidden}, output={output}, {cost})"
