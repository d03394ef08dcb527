"""Training: go through the data in batches, follow the gradient, record what happens."""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlab import _validation as check
from nnlab._validation import Array, has_attribute, real_number, require, whole_number
from nnlab.network import Gradient, Network
from nnlab.optimizers import Optimizer


@dataclass
class History:
    """What happened during training, one entry per epoch.

    Attributes
    ----------
    network : Network
        The network, in the state of the last epoch.
    X, Y : ndarray
        The training data, as rows.
    cost : list of float
        Mean over the epoch's batches of the objective **before** each update: with full batches,
        the objective at the start of the epoch.
    step_size : list of float
        The step size gamma of each epoch.
    validation_cost, validation_accuracy : list of float
        On the validation data, after each epoch; empty without validation data. There is no
        accuracy for a single output whose targets are not from 0 to 1.
    reason : str
        Why training ended: "epochs", "interrupted", or what the stop rule said.

    Notes
    -----
    A copied or pickled history does not carry the data: X and Y are None there.
    """

    network: Network
    X: Any
    Y: Any
    cost: list[float] = field(default_factory=list)
    step_size: list[float] = field(default_factory=list)
    validation_cost: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    reason: str = ""

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.cost)

    def losses(self) -> Array:
        """Return every training sample's cost at the network's present parameters, shape (m,)."""
        return self.network.losses(*self._data())

    def accuracy(self) -> Any:
        """Return the training accuracy at the network's present parameters, from 0 to 1."""
        return self.network.accuracy(*self._data())

    def _data(self) -> tuple[Array, Array]:
        if self.X is None:
            remedy = "call history.network.losses or .accuracy with them"
            raise ValueError(f"a copied history does not carry the data; {remedy}")
        return self.X, self.Y

    def plot(self, ax: Any = None) -> Any:
        """Draw the cost against the epoch, and the validation's where there is one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        import matplotlib.pyplot as plt

        ax = plt.subplots(layout="constrained")[1] if ax is None else ax
        epochs = np.arange(1, self.epochs + 1)
        ax.plot(epochs, self.cost, color="#0072B2", label="training, mean over the epoch")
        if self.validation_cost:
            style = {"color": "#D55E00", "linestyle": "--", "label": "validation, after the epoch"}
            ax.plot(epochs, self.validation_cost, **style)
        ax.set(xlabel="epoch", ylabel="cost", title="Cost during training")
        ax.legend()
        return ax

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "X": None, "Y": None}

    def __repr__(self) -> str:
        last = f", cost {self.cost[-1]:.4g}" if np.ndim(self.cost) == 1 and self.cost else ""
        return f"History({self.epochs} epochs{last}, reason={self.reason!r})"


Rule = Callable[[History], str | None]


def all_losses_below(threshold: float) -> Rule:
    """Return the rule that stops once every training sample's cost is below a threshold.

    Parameters
    ----------
    threshold : float
        Positive. Zheng, section 3, takes 0.04.

    Returns
    -------
    function
        ``stop(history)``. It looks at the parameters after the epoch.

    Raises
    ------
    TypeError, ValueError
        If `threshold` is no positive number.

    Examples
    --------
    >>> history = History(Network([2, 1], init=zeros), [[0.0, 1.0]], [1.0])
    >>> history.losses().tolist(), all_losses_below(0.2)(history)
    ([0.125], 'all losses below 0.2')
    """
    threshold = real_number(threshold, "threshold")

    def stop(history: History) -> str | None:
        return f"all losses below {threshold:g}" if history.losses().max() < threshold else None

    return stop


def accuracy_at_least(value: float) -> Rule:
    """Return the rule that stops once an accuracy is reached.

    Parameters
    ----------
    value : float
        Above 0 and at most 1.

    Returns
    -------
    function
        ``stop(history)``. It looks at the validation accuracy where there is one, otherwise at
        the training accuracy after the epoch.

    Raises
    ------
    TypeError, ValueError
        If `value` is no number above 0 and at most 1.

    Examples
    --------
    >>> history = History(Network([2, 1], init=zeros), [[0.0, 1.0]], [0.0])
    >>> history.accuracy(), accuracy_at_least(0.9)(history)
    (1.0, 'accuracy at least 0.9')
    """
    value = real_number(value, "value", 1)

    def stop(history: History) -> str | None:
        accuracy = history.validation_accuracy or [history.accuracy()]
        return f"accuracy at least {value:g}" if np.min(accuracy[-1]) >= value else None

    return stop


def no_gain_for(epochs: int) -> Rule:
    """Return the rule that stops when the cost has not fallen for some epochs.

    Parameters
    ----------
    epochs : int
        How long the lowest cost so far may stand, at least 1.

    Returns
    -------
    function
        ``stop(history)``. It looks at the validation cost where there is one, otherwise at
        the training cost.

    Raises
    ------
    TypeError, ValueError
        If `epochs` is no whole number of at least 1.

    Examples
    --------
    >>> history = History(Network([2, 1]), [[0.0, 1.0]], [0.0], cost=[2.0, 1.0, 1.5, 1.2])
    >>> no_gain_for(3)(history), no_gain_for(2)(history)
    (None, 'no gain for 2 epochs')
    """
    epochs = whole_number(epochs, "epochs", 1)

    def stop(history: History) -> str | None:
        cost = history.validation_cost or history.cost
        stands = len(cost) - 1 - np.argmin(cost, axis=0)
        return f"no gain for {epochs} epochs" if np.min(stands) >= epochs else None

    return stop


def _batches(X: Array, Y: Array, size: int, rng: Any) -> Iterator[tuple[Array, Array]]:
    """Yield the epoch's batches, in order or in a new random order, each over the one before."""
    m = len(X)
    order = None if rng is None or size == m else rng.permutation(m)
    if order is None:
        yield from ((X[i : i + size], Y[i : i + size]) for i in range(0, m, size))
        return
    x, y = np.empty((size, X.shape[1]), X.dtype), np.empty((Y.shape[1], size), Y.dtype)
    for rows in (order[i : i + size] for i in range(0, m, size)):
        n = len(rows)  # in "clip" mode NumPy writes into `out` without a detour
        yield X.take(rows, 0, x[:n], "clip"), Y.T.take(rows, 1, y[:, :n], "clip").T


def _epoch(
    network: Network, batches: Iterator[Any], optimizer: Optimizer, gradient: Gradient, epoch: int
) -> float:
    """Make one step per batch; return the sum over the samples of the costs before the steps."""
    total, single = 0.0, network.theta.ndim == 1
    for step, (X, Y) in enumerate(batches, 1):
        cost = network.delta_recursion(X, Y, gradient).cost
        if not (math.isfinite(cost) if single else np.isfinite(cost).all()):
            raise FloatingPointError(
                f"the cost became {np.max(cost)} in epoch {epoch + 1}, step {step}, "
                f"with step size gamma = {optimizer.step_size(epoch):g}; try a smaller one"
            )
        optimizer.step(network.theta, gradient.theta, epoch)
        total += cost * len(X)
    return total


def train(
    network: Network,
    X: ArrayLike,
    Y: ArrayLike,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    rng: np.random.Generator | None = None,
    stop: Callable[[History], Any] | None = None,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    progress: bool = False,
    keep_best: bool = False,
) -> History:
    r"""Train a network; its parameters are updated in place.

    .. math:: \theta \leftarrow \theta - \gamma\,(\text{direction of the optimizer}) \quad
              \text{for each batch of each epoch}

    Parameters
    ----------
    network : Network
        The network.
    X : array_like, shape (m, n_0)
        Samples as rows.
    Y : array_like
        Targets, as for `Network.cost`.
    optimizer : Optimizer
        Makes the steps, as `GradientDescent` and `HeavyBall` do. It is not reset, so that training
        can be continued.
    epochs : int
        How often to go through the data, at least 1.
    batch_size : int, optional
        Samples per step, from 1 (one at a time) to m. Without it all samples at once: the full
        batch is neither shuffled nor copied. The last batch of an epoch may be smaller.
    rng : numpy.random.Generator, optional
        Shuffles the samples anew in each epoch; without it they are taken in order.
    stop : function, optional
        ``stop(history)``, asked after every epoch, returns a reason to stop or None. Ready ones:
        `all_losses_below`, `accuracy_at_least`, `no_gain_for`.
    validation : pair (X, Y), optional
        Data on which cost and accuracy are measured after each epoch.
    progress : bool, optional
        Whether to show a progress bar (tqdm).
    keep_best : bool, optional
        Whether to end with the parameters of the lowest validation cost in place of the last ones.

    Returns
    -------
    History
        Also when interrupted by Ctrl-C: of the epochs completed so far.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range; the data are checked once.
    FloatingPointError
        If the cost becomes infinite or NaN; names the step and its step size.

    Examples
    --------
    >>> network = Network([2, 1], rng=np.random.default_rng(1))
    >>> history = train(network, [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0], GradientDescent(1.0), 3)
    >>> history.epochs, history.cost[0] > history.cost[2], history.reason
    (3, True, 'epochs')
    """
    X, Y = network.data(X, Y)
    numbers: Any = range(whole_number(epochs, "epochs", 1))
    m = len(X)
    size = m if batch_size is None else whole_number(batch_size, "batch_size", 1, m)
    check.generator(rng, optional=True)
    has_attribute(optimizer, "step", "optimizer")
    has_attribute(optimizer, "step_size", "optimizer")
    has_attribute(stop, "__call__", "stop", optional=True)
    rules: tuple[object, ...] = (all_losses_below, accuracy_at_least, no_gain_for)
    wanted = "be a rule with its number, such as no_gain_for(5)"
    require(stop not in rules, "stop", wanted, stop, TypeError)
    if validation is not None:
        if not (isinstance(validation, (tuple, list)) and len(validation) == 2):
            raise TypeError(f"validation must be a pair (X, Y), got {type(validation).__name__}")
        validation = network.data(*validation)
    elif keep_best:
        raise ValueError("keep_best needs validation data, by whose cost it chooses")

    history = History(network, X, Y, reason="interrupted")
    lists = history.step_size, history.validation_cost, history.validation_accuracy
    best, lowest = network.theta.copy(), np.array(np.inf)
    if progress:
        from tqdm.auto import tqdm

        numbers = tqdm(numbers, unit="epoch")
    with suppress(KeyboardInterrupt), np.errstate(over="ignore", invalid="ignore"):
        gradient = Gradient(network)
        for epoch in numbers:
            cost = _epoch(network, _batches(X, Y, size, rng), optimizer, gradient, epoch) / m
            if validation:
                history.validation_cost.append(network.cost(*validation))
                if check.names_classes(validation[1]):
                    history.validation_accuracy.append(network.accuracy(*validation))
                if keep_best:
                    better = history.validation_cost[-1] < lowest
                    lowest = np.where(better, history.validation_cost[-1], lowest)
                    best[better] = network.theta[better]
            history.step_size.append(optimizer.step_size(epoch))
            history.cost.append(cost)
            if stop and (reason := stop(history)):
                history.reason = reason
                break
        else:
            history.reason = "epochs"
    for values in lists:  # an interruption may have come between two of them
        del values[history.epochs :]
    if keep_best:
        network.theta[...] = best
    return history
