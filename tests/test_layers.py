"""Layers as building blocks: convolution, layers of one's own, activations layer by layer."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    Convolution,
    Dense,
    GradientDescent,
    Network,
    check_gradient,
    cross_entropy,
    identity,
    l2,
    quadratic,
    relu,
    sigmoid,
    softmax,
    tanh,
    train,
)


def numbers(rng, network):
    """The same network with Gaussian parameters, biases included."""
    network.theta[...] = rng.standard_normal(network.theta.size)
    return network


def error(network, X, Y, method="central"):
    """The largest relative error of a network's gradient."""
    gradient = network.backprop(X, Y).theta
    return check_gradient(lambda t: network.at(t).cost(X, Y), gradient, network.theta, method)


# One convolution by hand: a 2 x 2 kernel on a 2 x 3 image, so that there are two places.
#
#   image  1 2 0     kernel  1 -1     first patch  1 2     second patch  2 0
#          0 1 3             2  1                  0 1                   1 3
#
#   z = (1 - 2 + 0 + 1, 2 - 0 + 2 + 3) + 0.5 = (0.5, 7.5); targets (0.5, 6.5): delta = (0, 1)
#   dC/dW = 0 * first patch + 1 * second patch; dC/db = 0 + 1; the image gets 1 * kernel at place 2


@pytest.fixture
def by_hand():
    network = Network([Convolution(1, 2, (2, 3), identity)])
    network.theta[...] = [1, -1, 2, 1, 0.5]
    return network, [[1.0, 2, 0, 0, 1, 3]], [[0.5, 6.5]]


def test_a_convolution_by_hand(by_hand):
    network, X, Y = by_hand
    assert_array_equal(network.forward(X), [[0.5, 7.5]])
    gradient = network.backprop(X, Y)
    assert gradient.cost == 0.5
    assert_array_equal(gradient.deltas, [[[0, 1]]])
    assert_array_equal(gradient.weights[0], [[[[2, 0], [1, 3]]]])
    assert_array_equal(gradient.biases[0], [1])


def test_what_a_convolution_hands_down_by_hand(by_hand):
    _, X, Y = by_hand
    network = Network([Dense(6, 6, identity, bias=False), Convolution(1, 2, (2, 3), identity)])
    network.weights[0][...] = np.eye(6)
    network.theta[36:] = [1, -1, 2, 1, 0.5]
    assert_array_equal(network.backprop(X, Y).deltas[0], [[0, 1, -1, 0, 2, 1]])


def slow_convolution(images, W, b):
    """The definition, number by number: (m, channels, height, width) in, the same out."""
    m, _, height, width = images.shape
    channels, _, rows, columns = W.shape
    z = np.zeros((m, channels, height - rows + 1, width - columns + 1))
    for s, k, u, v in np.ndindex(*z.shape):
        z[s, k, u, v] = np.sum(W[k] * images[s, :, u : u + rows, v : v + columns]) + b[k]
    return z


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kernel", [1, 2, (3, 2), (4, 5)])
def test_the_forward_pass_is_the_definition(channels, kernel, rng):
    layer = Convolution(3, kernel, (channels, 4, 5), tanh)
    network = numbers(rng, Network([layer]))
    X = rng.standard_normal((6, layer.n_in))
    z = slow_convolution(X.reshape(6, channels, 4, 5), network.weights[0], network.biases[0])
    (found_z,), (_, found_a) = network.trace(X)
    assert_allclose(found_z, z.reshape(6, -1), rtol=0, atol=1e-13)
    assert_allclose(found_a, np.tanh(z.reshape(6, -1)), rtol=0, atol=1e-13)


KINDS = {
    "first layer": [Convolution(2, (2, 3), (4, 5), tanh), Dense(18, 3, softmax)],
    "two of them": [
        Convolution(2, 2, (2, 4, 4), tanh),
        Convolution(3, (2, 3), (2, 3, 3), sigmoid),
        Dense(6, 3, softmax),
    ],
    "last layer": [Dense(4, 12, tanh), Convolution(1, 3, (3, 4), identity, bias=False)],
    "several layers deep": [
        Dense(3, 9, sigmoid, bias=False),
        Convolution(2, 2, (3, 3), tanh, bias=False),
        Dense(8, 4, tanh),
        Dense(4, 2),
    ],
    "softmax over the kernels": [Convolution(3, 2, (3, 3), softmax), Dense(12, 2)],
}


@pytest.mark.parametrize("regularizer", [None, l2(0.3)], ids=["plain", "l2"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_the_complex_step(kind, regularizer, rng):
    layers = KINDS[kind]
    cost = cross_entropy if layers[-1].arguments[2] is softmax else quadratic
    network = numbers(rng, Network(layers, cost=cost, regularizer=regularizer))
    X = rng.standard_normal((5, network.sizes[0]))
    Y = rng.integers(3, size=5) if cost is cross_entropy else rng.random((5, network.sizes[-1]))
    assert error(network, X, Y, "complex") < 1e-12
    assert error(network, X, Y) < 1e-6


def test_training_with_convolutions_lowers_the_cost_and_float32_stays(rng):
    layers = [Convolution(4, 3, (6, 6), relu), Dense(64, 2, softmax)]
    network = Network(layers, cost=cross_entropy, rng=rng, dtype=np.float32)
    X, labels = rng.standard_normal((20, 36)), rng.integers(2, size=20)
    history = train(network, X, labels, GradientDescent(0.3), 30, batch_size=5, rng=rng)
    assert history.cost[-1] < 0.7 * history.cost[0]
    gradient = network.backprop(X, labels)
    assert {a.dtype for a in (gradient.theta, *gradient.deltas)} == {np.dtype(np.float32)}


# Dense layers, and a network made of them


def test_a_list_of_dense_layers_is_the_network_of_their_sizes(rng):
    by_layers = Network(
        [Dense(3, 4, relu), Dense(4, 2, tanh), Dense(2, 2)], rng=np.random.default_rng(5)
    )
    by_sizes = Network([3, 4, 2, 2], hidden=[relu, tanh], rng=np.random.default_rng(5))
    assert_array_equal(by_layers.theta, by_sizes.theta)
    X, Y = rng.standard_normal((2, 5, 3)), rng.random((5, 2))
    assert_array_equal(by_layers.backprop(X[0], Y).theta, by_sizes.backprop(X[0], Y).theta)
    text = "Network([3, 4, 2, 2], hidden=[relu, tanh], output=sigmoid, cost=quadratic)"
    assert repr(by_layers) == repr(by_sizes) == text
    assert by_layers.hidden == (relu, tanh) and by_layers.output is sigmoid


def test_every_hidden_layer_has_its_own_activation(rng):
    network = numbers(rng, Network([2, 3, 4, 1], hidden=[tanh, relu]))
    z, a = network.trace(rng.standard_normal((5, 2)))
    assert_array_equal(a[1], np.tanh(z[0]))
    assert_array_equal(a[2], np.maximum(z[1], 0))
    assert error(network, rng.standard_normal((5, 2)), rng.random(5)) < 1e-6


def test_layers_serve_several_networks_and_are_left_alone(rng):
    layers = [Convolution(2, 2, (3, 3)), Dense(8, 1)]
    before = [dict(vars(layer)) for layer in layers]
    one, other = (Network(layers, rng=np.random.default_rng(seed)) for seed in (1, 2))
    X, Y = rng.standard_normal((4, 9)), rng.random(4)
    expected = one.backprop(X, Y)
    other.backprop(X[:2], Y[:2])
    assert_array_equal(one.backprop(X, Y, out=copy.deepcopy(expected)).theta, expected.theta)
    assert [dict(vars(layer)) for layer in layers] == before


def test_the_weights_of_a_convolution_are_kernels_and_start_as_matrices():
    seen = []

    def init(sizes, rng):
        seen.append(tuple(sizes))
        return [np.full((sizes[1], sizes[0]), len(seen))]

    network = Network([Convolution(2, (2, 3), (4, 3, 3)), Dense(4, 1)], init=init)
    assert seen == [(24, 2), (4, 1)]
    assert [W.shape for W in network.weights] == [(2, 4, 2, 3), (1, 4)]
    assert network.weights[0].max() == 1 and network.weights[1].min() == 2
    assert not any(b.any() for b in network.biases)


# A layer and an activation of one's own


class Residual:
    """a' = a + g(W a), as on the page "The library"."""

    def __init__(self, n, activation):
        self.n_in = self.n_out = n
        self.shapes = [(n, n)]
        self.activation = activation

    def forward(self, a):
        self.a, self.z = a, self.parameters[0] @ a
        return a + self.activation(self.z)

    def backward(self, v):
        self.v, self.delta = v, self.activation.pullback(self.z, v)
        self.derivatives[0][...] = self.delta @ self.a.T

    def down(self):
        return self.v + self.parameters[0].T @ self.delta


class Scale:
    """a' = c a, with a single number to be learned, and neither z nor delta."""

    def __init__(self, n):
        self.n_in, self.n_out, self.shapes = n, n, [(1,)]

    def forward(self, a):
        self.below = a
        return self.parameters[0] * a

    def backward(self, v):
        self.above = v
        self.derivatives[0][...] = np.sum(v * self.below)

    def down(self):
        return self.parameters[0] * self.above


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("block", [Residual(3, tanh), Scale(3)], ids=["residual", "scale"])
def test_a_layer_of_ones_own_works_in_every_place(block, place, rng):
    layers = [Dense(3, 3, tanh), Dense(3, 3, identity)]
    layers.insert(place, block)
    network = numbers(rng, Network(layers, regularizer=l2(0.1)))
    X, Y = rng.standard_normal((4, 3)), rng.random((4, 3))
    assert error(network, X, Y, "complex") < 1e-12
    gradient = copy.deepcopy(network.backprop(X, Y))
    expected = (0, 0) if isinstance(block, Scale) else (4, 3)  # it keeps no delta
    assert [d.shape for d in gradient.deltas] == [
        expected if number == place else (4, 3) for number in range(3)
    ]
    before = network.cost(X, Y)
    assert train(network, X, Y, GradientDescent(0.02), 30, 2).network.cost(X, Y) < before


def test_a_wrong_layer_of_ones_own_is_found_by_the_check(rng):
    class Forgets(Residual):
        def down(self):
            return self.parameters[0].T @ self.delta

    network = numbers(rng, Network([Dense(3, 3), Forgets(3, tanh), Dense(3, 1)]))
    assert error(network, rng.standard_normal((4, 3)), rng.random(4)) > 0.01


def test_an_activation_of_ones_own_never_meets_uninitialized_memory(rng):
    def own(z, out=None):  # it ignores `out`, which nobody passes
        return np.tanh(z)

    own.pullback = lambda z, v: v / np.cosh(z) ** 2
    X, Y = rng.standard_normal((5, 2)), rng.random(5)
    ours, theirs = (Network([2, 3, 1], hidden=g, rng=np.random.default_rng(1)) for g in (own, tanh))
    assert_allclose(ours.backprop(X, Y).theta, theirs.backprop(X, Y).theta, rtol=1e-13)
    assert error(ours, X, Y) < 1e-7
    for network in (ours, theirs):
        train(network, X, Y, GradientDescent(0.5), 20)
    assert_allclose(ours.theta, theirs.theta, rtol=1e-11)


@pytest.mark.parametrize("part", ["function", "pullback"])
def test_an_activation_of_the_wrong_shape_is_refused(part):
    def own(z):
        return z[:, :1] if part == "function" else z

    own.pullback = lambda z, v: v[:1]
    network = Network([2, 3, 1], hidden=own)
    name = r"own\(z\)" if part == "function" else r"own.pullback\(z, v\)"
    with pytest.raises(ValueError, match=f"^{name} must have the shape of z"):
        network.backprop([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])


def test_a_cost_of_the_wrong_shape_is_refused():
    def summed(a, y):
        return np.sum((a - y) ** 2)

    summed.gradient = lambda a, y: 2 * (a - y)
    network = Network([2, 1], cost=summed)
    with pytest.raises(ValueError, match=r"^the cost of the samples must have the shape"):
        network.backprop([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Dense(0, 1), ValueError, "^n_in must be a whole number at least 1, got 0"),
        (lambda: Dense(1, 2.0), TypeError, "^n_out must be a whole number"),
        (lambda: Dense(1, 2, "relu"), TypeError, "^activation must have an attribute pullback"),
        (lambda: Convolution(2, 5, (4, 4)), ValueError, r"^kernel must fit .* \(4, 4\), got 5"),
        (lambda: Convolution(0, 1, (4, 4)), ValueError, "^n_out must be"),
        (lambda: Convolution(1, 0, (4, 4)), ValueError, "^kernel .* at least 1, got 0"),
        (lambda: Convolution(1, 1, (4,)), ValueError, "^image_shape must have 3 numbers"),
        (lambda: Network([Dense(2, 3), Dense(2, 1)]), ValueError, r"^layer 2 must have 3 numbers"),
        (lambda: Network([Dense(2, 3), 1]), TypeError, "^sizes .* attribute forward, got 1"),
        (lambda: Network([Dense(2, 3)], hidden=tanh), ValueError, "^hidden, output and bias"),
        (lambda: Network([Dense(2, 3)], bias=False), ValueError, "^hidden, output and bias"),
        (lambda: Network([2, 3, 1], hidden=[tanh, relu]), ValueError, "^hidden must .* list of 1"),
        (lambda: Network([2, 3, 1], hidden=["tanh"]), TypeError, "^hidden .* attribute pullback"),
    ],
)
def test_layers_that_make_no_sense_are_refused(make, kind, message):
    with pytest.raises(kind, match=message):
        make()
