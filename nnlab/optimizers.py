"""Optimizers, from simple to hard. One contract:

``step(theta, gradient, epoch=0)`` updates the flat array `theta` in place and leaves `gradient`
alone; ``reset()`` forgets what was remembered from earlier steps. The step size `gamma` is a number
or a function of the epoch, which counts from 0.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np

from nnlab._validation import Array, number, real_number, require, same_shape

StepSize = float | Callable[[int], float]
_PIECE = 65_536  # so many parameters at a time: with gradient and velocity they fit into the cache


class Optimizer(Protocol):
    """What `nnlab.train` needs of an optimizer.

    Examples
    --------
    >>> class SignDescent:
    ...     def __init__(self, gamma):
    ...         self.gamma = gamma
    ...     def step_size(self, epoch: int = 0) -> float:
    ...         return self.gamma
    ...     def step(self, theta, gradient, epoch=0):
    ...         theta -= self.gamma * np.sign(gradient)
    >>> network = Network([2, 1], init=zeros)
    >>> history = train(network, [[3.0, 4.0]], [1.0], SignDescent(0.25), epochs=1)
    >>> network.theta.tolist()
    [0.25, 0.25, 0.25]
    """

    def step(self, theta: Array, gradient: Array, epoch: int = 0, /) -> None:
        """Update `theta` in place, and leave `gradient` alone."""

    def step_size(self, epoch: int = 0, /) -> float:
        """Return the step size of an epoch, for the record."""


class halving:
    r"""The step-size schedule that halves after every epoch.

    .. math:: \gamma_e = \gamma\, 2^{-e}, \qquad e = 0, 1, 2, \dots

    Parameters
    ----------
    gamma : float
        Step size in epoch 0, positive.

    Raises
    ------
    TypeError, ValueError
        If `gamma` is no positive number.

    Notes
    -----
    Source: Johansen, section 1.2: 1e-3, "decay by 1/2 every epoch".

    Examples
    --------
    >>> [halving(1e-3)(epoch) for epoch in range(3)]
    [0.001, 0.0005, 0.00025]
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = real_number(gamma, "gamma")

    def __call__(self, epoch: int) -> float:
        """Return the step size of an epoch, which counts from 0."""
        return self.gamma * 0.5**epoch

    def __repr__(self) -> str:
        return f"halving({self.gamma})"


class GradientDescent:
    r"""Gradient descent.

    .. math:: \theta^{r+1} = \theta^r - \gamma\, \nabla R(\theta^r)

    Parameters
    ----------
    gamma : float or function
        Step size, positive, or a function ``gamma(epoch) -> float``.

    Raises
    ------
    TypeError, ValueError
        If `gamma` is neither a positive number nor a function.

    Notes
    -----
    Source: Domke, section 5; Johansen (1.16).

    Examples
    --------
    >>> theta = np.array([1.0, 2.0])
    >>> GradientDescent(0.5).step(theta, np.array([1.0, -1.0]))
    >>> theta.tolist()
    [0.5, 2.5]
    """

    def __init__(self, gamma: StepSize) -> None:
        self.gamma = gamma if callable(gamma) else real_number(gamma, "gamma")

    def step_size(self, epoch: int = 0) -> float:
        """Return the step size of an epoch, a positive float."""
        if callable(self.gamma):
            return real_number(self.gamma(epoch), f"gamma({epoch})")
        return self.gamma

    def step(self, theta: Array, gradient: Array, epoch: int = 0) -> None:
        """Update `theta` in place.

        Parameters
        ----------
        theta : ndarray
            The parameters.
        gradient : ndarray, same shape
            The gradient of the objective there.
        epoch : int, optional
            Passed on to the step-size schedule.

        Raises
        ------
        ValueError
            If the shapes differ, or the schedule's step size is no positive number.
        """
        same_shape(gradient, "gradient", theta, "theta")
        gamma, n = self.step_size(epoch), theta.shape[-1]
        self._begin(gradient)
        if n <= _PIECE:
            theta -= self._change(gamma, gradient, ...)
            return
        for start in range(0, n, _PIECE):
            piece = ..., slice(start, start + _PIECE)
            part = theta[piece]
            part -= self._change(gamma, gradient[piece], piece)

    def reset(self) -> None:
        """Forget everything remembered from earlier steps."""

    def _begin(self, gradient: Array) -> None:
        """Prepare the first step."""

    def _change(self, gamma: float, gradient: Array, piece: Any) -> Any:
        return gamma * gradient

    def __repr__(self) -> str:
        return f"GradientDescent(gamma={self.gamma})"


class HeavyBall(GradientDescent):
    r"""Gradient descent with momentum: steps along the smoothed gradient.

    .. math:: \phi^{r+1} = (1 - \alpha)\, \phi^r + \alpha\, \nabla R(\theta^r), \qquad
              \theta^{r+1} = \theta^r - \gamma\, \phi^{r+1}

    Parameters
    ----------
    gamma : float or function
        Step size, positive, or a function ``gamma(epoch) -> float``.
    alpha : float
        Weight of the newest gradient, above 0 and at most 1. Beware: **a small** `alpha` **is
        much momentum**, and ``alpha=0.9`` is little; ``alpha=1`` is plain gradient descent.
    start : {"zero", "gradient"}, optional
        Whether :math:`\phi^0` is zero or the first gradient.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of its range.

    Notes
    -----
    Source: Domke, section 5, who does not say where :math:`\phi` starts.

    Examples
    --------
    >>> theta = np.array([1.0])
    >>> optimizer = HeavyBall(gamma=1.0, alpha=0.5)
    >>> for _ in range(2):
    ...     optimizer.step(theta, np.array([1.0]))
    >>> theta.tolist(), optimizer.phi.tolist()
    ([-0.25], [0.75])
    """

    def __init__(self, gamma: StepSize, alpha: float, start: str = "zero") -> None:
        self.alpha = real_number(alpha, "alpha", 1)
        require(start in ("zero", "gradient"), "start", 'be "zero" or "gradient"', start)
        self.start = start
        self._v: Any = None
        super().__init__(gamma)

    @classmethod
    def classical(cls, eta: StepSize, beta: float, start: str = "zero") -> "HeavyBall":
        r"""Return the heavy ball in its classical parametrization.

        .. math:: v^{r+1} = \beta\, v^r + \nabla R(\theta^r), \qquad
                  \theta^{r+1} = \theta^r - \eta\, v^{r+1}

        It is the same iteration with :math:`\phi = (1 - \beta)\, v`, so that
        :math:`\alpha = 1 - \beta` and :math:`\gamma = \eta / (1 - \beta)`. Beware: the usual
        :math:`\beta = 0.9` is :math:`\alpha = 0.1`, and the same step size gamma in both forms
        means something else.

        Parameters
        ----------
        eta : float or function
            Step size, positive, or a function ``eta(epoch) -> float``.
        beta : float
            Momentum, at least 0 and below 1.
        start : {"zero", "gradient"}, optional
            Where :math:`\phi` starts.

        Returns
        -------
        HeavyBall
            With the converted parameters.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind or out of its range.

        Examples
        --------
        >>> HeavyBall.classical(eta=0.01, beta=0.75)
        HeavyBall(gamma=0.04, alpha=0.25, start='zero')
        """
        wanted = "a number at least 0 and below 1"
        number(beta, "beta", wanted)
        require(0 <= beta < 1, "beta", f"be {wanted}", beta)
        alpha = 1 - float(beta)
        if callable(eta):
            return cls(partial(_quotient, eta, alpha), alpha, start)
        return cls(real_number(eta, "eta") / alpha, alpha, start)

    def reset(self) -> None:
        """Forget the smoothed gradient: the next step starts anew."""
        self._v = None

    @property
    def phi(self) -> Any:
        """The smoothed gradient, an ndarray; None before the first step."""
        return None if self._v is None else self.alpha * self._v

    @phi.setter
    def phi(self, values: Array) -> None:
        self._v = values / self.alpha

    def _begin(self, gradient: Array) -> None:
        if self._v is None:
            self._v = np.zeros_like(gradient) if self.start == "zero" else gradient / self.alpha
        same_shape(gradient, "theta", self._v, "the theta of earlier steps (or call reset())")

    def _change(self, gamma: float, gradient: Array, piece: Any) -> Any:
        # What is kept is v = phi / alpha: v <- (1 - alpha) v + gradient goes once less over memory.
        v = self._v[piece]
        v *= 1 - self.alpha
        v += gradient
        return gamma * self.alpha * v

    def __repr__(self) -> str:
        return f"HeavyBall(gamma={self.gamma}, alpha={self.alpha}, start={self.start!r})"


def _quotient(eta: Callable[[int], float], alpha: float, epoch: int) -> float:
    return eta(epoch) / alpha
