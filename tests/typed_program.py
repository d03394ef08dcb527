"""A program that uses nnlab with types: `mypy --strict nnlab tests/typed_program.py` passes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import nnlab
from nnlab import Activation, Cost, Layer, Network, Optimizer

Array = NDArray[Any]


class Scale:
    """A layer of one's own: a' = c a."""

    parameters: Sequence[Array]
    derivatives: Sequence[Array]

    def __init__(self, n: int) -> None:
        self.n_in = self.n_out = n
        self.shapes: Sequence[tuple[int, ...]] = [(1,)]

    def forward(self, a: Array) -> Array:
        self.below = a
        return np.asarray(self.parameters[0] * a)

    def backward(self, v: Array) -> None:
        self.above = v
        self.derivatives[0][...] = np.sum(v * self.below)

    def down(self) -> Array:
        return np.asarray(self.parameters[0] * self.above)


class SignDescent:
    """An optimizer of one's own."""

    def step_size(self, epoch: int = 0) -> float:
        return 0.01

    def step(self, theta: Array, gradient: Array, epoch: int = 0) -> None:
        theta -= self.step_size(epoch) * np.sign(gradient)


class Softplus:
    """An activation of one's own."""

    def __call__(self, z: ArrayLike) -> Array:
        return np.asarray(np.log1p(np.exp(z)))

    def pullback(self, z: ArrayLike, v: ArrayLike) -> Array:
        return np.asarray(v * nnlab.sigmoid(z))


def trained(layers: Sequence[Layer], cost: Cost, optimizer: Optimizer) -> Network:
    network = Network(layers, cost=cost, rng=np.random.default_rng(1))
    points, targets = np.eye(3), [0, 1, 0]
    history = nnlab.train(network, points, targets, optimizer, epochs=3, batch_size=2)
    costs: list[float] = history.cost
    assert len(costs) == history.epochs
    return network


def main() -> None:
    softplus: Activation = Softplus()
    layers: list[Layer] = [nnlab.Dense(3, 4, softplus), Scale(4), nnlab.Dense(4, 2, nnlab.softmax)]
    network = trained(layers, nnlab.cross_entropy, SignDescent())
    trained(layers, nnlab.cross_entropy, nnlab.HeavyBall.classical(nnlab.halving(0.1), 0.9))
    weights: tuple[Array, ...] = network.weights
    slope: Any = nnlab.tanh.derivative(weights[0])
    gradient = network.backprop(np.eye(3), [0, 1, 0])
    error: float = nnlab.check_gradient(
        lambda t: network.at(t).cost(np.eye(3), [0, 1, 0]), gradient.theta, network.theta
    )
    assert error < 1e-6 and slope.shape == (4, 3)
    plain = Network([2, 3, 3, 1], hidden=[nnlab.relu, nnlab.tanh], regularizer=nnlab.l2(0.1))
    assert plain.forward([0.0, 1.0]).shape == (1,)


if __name__ == "__main__":
    main()
