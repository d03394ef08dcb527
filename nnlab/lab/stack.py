"""Many small networks at once, on a leading axis: one NumPy call does the work of all of them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from nnlab._validation import require
from nnlab.layers import Dense
from nnlab.network import Network


class Stack(Network):
    r"""Networks of the same structure, evaluated and trained together.

    .. math:: \theta = (\theta_1, \dots, \theta_R)^T, \qquad
              \nabla J(\theta) = (\nabla J_1(\theta_1), \dots, \nabla J_R(\theta_R))^T

    A small network keeps the processor busy with calls rather than with arithmetic; a stack of R
    needs as many calls as a single one. The methods are those of `Network`, and what they return
    has the R members in front: `theta` is ``(R, N)``, ``forward(X)`` is ``(R, m, n_L)``,
    ``losses(X, Y)`` is ``(R, m)``, ``cost(X, Y)`` and ``accuracy(X, Y)`` are ``(R,)``. Every
    member's numbers are those of that network alone, up to rounding.

    `nnlab.train` takes a stack as it takes a network: all members see the same batches, and
    ``history.cost`` holds one array ``(R,)`` per epoch. The ready stop rules wait for all members.

    Parameters
    ----------
    networks : iterable of Network
        The members, at least one, without regularizer. Their parameters are copied.

    Raises
    ------
    TypeError, ValueError
        If there is no member, one is no network, or their structures or dtypes differ.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> stack = Stack(Network([2, 3, 1], rng=rng) for _ in range(100))
    >>> stack.forward([[0.0, 1.0], [1.0, 1.0]]).shape, stack.theta.shape
    ((100, 2, 1), (100, 13))
    >>> stack[0], len(stack[:10])
    (Network([2, 3, 1], hidden=sigmoid, output=sigmoid, cost=quadratic), 10)
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        networks = list(networks)
        require(networks, "networks", "hold at least one Network", networks)
        for network in networks:
            require(type(network) is Network, "networks", "hold Networks", network, TypeError)
            alike = not network.regularizer and _structure(network) == _structure(networks[0])
            require(alike, "networks", "be alike and unregularized", network)
            dense = all(type(layer) is Dense for layer in network.layers)
            require(dense, "networks", "be made of Dense layers", network, TypeError)
        vars(self).update(vars(networks[0]), _theta=np.stack([n.theta for n in networks]))

    def __len__(self) -> int:
        return len(self.theta)

    def __getitem__(self, which: Any) -> Network:
        """Return one member as a `Network` that shares its parameters, or a smaller stack."""
        theta = self.theta[which]
        part = object.__new__(Network if theta.ndim == 1 else Stack)
        vars(part).update(vars(self), _theta=theta)
        return part

    def __repr__(self) -> str:
        return f"Stack of {len(self)} x {super().__repr__()}"


def _structure(network: Network) -> Any:
    arguments = [getattr(layer, "arguments", layer) for layer in network.layers]
    return arguments, network.cost_function, network.theta.dtype
