"""The network: a step worked by hand, gradients of every kind, layout, ownership of arrays."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    Gradient,
    GradientDescent,
    Network,
    binary_cross_entropy,
    check_gradient,
    cross_entropy,
    gaussian,
    glorot_uniform,
    identity,
    l2,
    logistic_loss,
    one_hot,
    quadratic,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
    tanh,
    train,
    zeros,
)

# One step by hand: a 2-2-2 network of sigmoids, quadratic cost, two samples, step size 1.

W1, B1 = np.array([[0.5, -0.5], [1.0, 0.0]]), np.array([0.0, 0.5])
W2, B2 = np.array([[1.0, -1.0], [0.5, 0.5]]), np.array([0.0, -0.5])
SAMPLES, TARGETS = np.array([[1.0, 2.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])

# Forward, layer 1: z = W x + b, a = sigma(z)
#   sample 1   0.5 * 1 - 0.5 * 2 + 0.0 = -0.5     1 / (1 + e^0.5)  = 0.3775406688
#              1.0 * 1 + 0.0 * 2 + 0.5 =  1.5     1 / (1 + e^-1.5) = 0.8175744762
#   sample 2   0.5 * 2 - 0.5 * 0 + 0.0 =  1.0     1 / (1 + e^-1.0) = 0.7310585786
#              1.0 * 2 + 0.0 * 0 + 0.5 =  2.5     1 / (1 + e^-2.5) = 0.9241418200
Z1 = [[-0.5, 1.5], [1.0, 2.5]]
A1 = [[0.3775406688, 0.8175744762], [0.7310585786, 0.9241418200]]

# Forward, layer 2: z = W a + b with the a of layer 1
#   sample 1   1.0 * 0.3775406688 - 1.0 * 0.8175744762 + 0.0 = -0.4400338074
#              0.5 * 0.3775406688 + 0.5 * 0.8175744762 - 0.5 =  0.0975575725
#              1 / (1 + e^0.4400338074)  = 0.3917329137
#              1 / (1 + e^-0.0975575725) = 0.5243700677
#   sample 2   1.0 * 0.7310585786 - 1.0 * 0.9241418200 + 0.0 = -0.1930832413
#              0.5 * 0.7310585786 + 0.5 * 0.9241418200 - 0.5 =  0.3276001993
#              1 / (1 + e^0.1930832413)  = 0.4518785986
#              1 / (1 + e^-0.3276001993) = 0.5811753541
Z2 = [[-0.4400338074, 0.0975575725], [-0.1930832413, 0.3276001993]]
A2 = [[0.3917329137, 0.5243700677], [0.4518785986, 0.5811753541]]

# Cost: half the squared distance, and the mean of the two
#   sample 1   a - y = (-0.6082670863, 0.5243700677)
#              (0.3699888483 + 0.2749639679) / 2 = 0.3224764081
#   sample 2   a - y = (0.4518785986, -0.4188246459)
#              (0.2041942678 + 0.1754140840) / 2 = 0.1898041759
LOSSES = [0.3224764081, 0.1898041759]
COST = 0.2561402920

# Backward, layer 2: delta = (a - y) * sigma'(z), with sigma'(z) = a (1 - a)
#   sample 1   -0.6082670863 * 0.2382782380 = -0.1449368096
#               0.5243700677 * 0.2494060998 =  0.1307810934
#   sample 2    0.4518785986 * 0.2476843307 =  0.1119232483
#              -0.4188246459 * 0.2434105619 = -0.1019463424
PER_SAMPLE_2 = np.array([[-0.1449368096, 0.1307810934], [0.1119232483, -0.1019463424]])

# Backward, layer 1: delta = (W^T delta) * sigma'(z) with the W and the delta of layer 2
#   sample 1    1.0 * -0.1449368096 + 0.5 * 0.1307810934 = -0.0795462629
#              -1.0 * -0.1449368096 + 0.5 * 0.1307810934 =  0.2103273563
#              -0.0795462629 * 0.2350037122 = -0.0186936671
#               0.2103273563 * 0.1491464521 =  0.0313695790
#   sample 2    1.0 * 0.1119232483 + 0.5 * -0.1019463424 =  0.0609500771
#              -1.0 * 0.1119232483 + 0.5 * -0.1019463424 = -0.1628964195
#               0.0609500771 * 0.1966119332 =  0.0119835125
#              -0.1628964195 * 0.0701037165 = -0.0114196444
PER_SAMPLE_1 = np.array([[-0.0186936671, 0.0313695790], [0.0119835125, -0.0114196444]])

# Gradient of the mean: half the sum over the samples of delta a^T, with the a of the layer below
#   W of layer 1   (-0.0186936671 * 1 + 0.0119835125 * 2) / 2 =  0.0026366789
#                  (-0.0186936671 * 2 + 0.0119835125 * 0) / 2 = -0.0186936671
#                  ( 0.0313695790 * 1 - 0.0114196444 * 2) / 2 =  0.0042651451
#                  ( 0.0313695790 * 2 - 0.0114196444 * 0) / 2 =  0.0313695790
#   b of layer 1   (-0.0186936671 + 0.0119835125) / 2 = -0.0033550773, and 0.0099749673
#   W of layer 2   (-0.1449368096 * 0.3775406688 + 0.1119232483 * 0.7310585786) / 2, and so on
DW1 = [[0.0026366789, -0.0186936671], [0.0042651451, 0.0313695790]]
DB1 = [-0.0033550773, 0.0099749673]
DW2 = [[0.0135514554, -0.0075318409], [-0.0125767833, 0.0063552028]]
DB2 = [-0.0165067807, 0.0144173755]

# Step: every parameter minus 1 times its derivative
NEW_W1 = [[0.4973633211, -0.4813063329], [0.9957348549, -0.0313695790]]
NEW_B1 = [0.0033550773, 0.4900250327]
NEW_W2 = [[0.9864485446, -0.9924681591], [0.5125767833, 0.4936447972]]
NEW_B2 = [0.0165067807, -0.5144173755]
NEW_COST = 0.2537680499

DIGITS = {"rtol": 0, "atol": 0.6e-10}  # the numbers above are rounded to ten decimals


@pytest.fixture
def by_hand():
    network = Network([2, 2, 2])  # sigmoids and the quadratic cost, unless told otherwise
    network.theta[...] = np.concatenate([W1.ravel(), B1, W2.ravel(), B2])
    return network


def test_the_forward_pass_by_hand(by_hand):
    z, a = by_hand.trace(SAMPLES)
    for values, expected in zip([*z, *a], [Z1, Z2, SAMPLES, A1, A2]):
        assert_allclose(values, expected, **DIGITS)
    assert_allclose(by_hand.forward(SAMPLES[1]), A2[1], **DIGITS)
    assert_allclose(by_hand.losses(SAMPLES, TARGETS), LOSSES, **DIGITS)
    assert_allclose(by_hand.cost(SAMPLES, TARGETS), COST, **DIGITS)
    assert_array_equal(by_hand.predict(SAMPLES), [1, 1])  # the larger outputs
    assert by_hand.accuracy(SAMPLES, TARGETS) == 0.5


def test_the_backward_pass_by_hand(by_hand):
    gradient = by_hand.backprop(SAMPLES, TARGETS)
    assert_allclose(gradient.cost, COST, **DIGITS)
    assert_allclose(gradient.deltas, [PER_SAMPLE_1 / 2, PER_SAMPLE_2 / 2], **DIGITS)
    assert_allclose(gradient.weights, [DW1, DW2], **DIGITS)
    assert_allclose(gradient.biases, [DB1, DB2], **DIGITS)
    in_order = np.concatenate([np.ravel(DW1), DB1, np.ravel(DW2), DB2])
    assert_allclose(gradient.theta, in_order, **DIGITS)


def test_one_sample_by_hand(by_hand):
    for s in range(2):
        gradient = by_hand.backprop(SAMPLES[s : s + 1], TARGETS[s : s + 1])
        assert_allclose(gradient.deltas, [[PER_SAMPLE_1[s]], [PER_SAMPLE_2[s]]], **DIGITS)
        assert_allclose(gradient.weights[0], np.outer(PER_SAMPLE_1[s], SAMPLES[s]), rtol=1e-8)


def test_the_step_by_hand(by_hand):
    train(by_hand, SAMPLES, TARGETS, GradientDescent(1.0), epochs=1)
    assert_allclose(by_hand.weights, [NEW_W1, NEW_W2], **DIGITS)
    assert_allclose(by_hand.biases, [NEW_B1, NEW_B2], **DIGITS)
    assert_allclose(by_hand.cost(SAMPLES, TARGETS), NEW_COST, **DIGITS)


# Gradients of every kind. Any output goes with the quadratic cost, and any but the softmax is a
# score for the logistic loss. The cross-entropies take the logarithm of the outputs, which tanh,
# relu and identity may make zero or negative: those pairs have no meaning and are left out, and so
# is the softmax with the binary cross-entropy.

ACTIVATIONS = [sigmoid, tanh, relu, identity, softmax]
PAIRS = [
    *((g, quadratic) for g in ACTIVATIONS),
    *((g, cross_entropy) for g in (sigmoid, softmax)),
    (sigmoid, binary_cross_entropy),
    *((g, logistic_loss) for g in ACTIVATIONS if g is not softmax),
]
OF_CLASSES = [pair for pair in PAIRS if getattr(pair[1], "of_classes", False)]


def over(pairs):
    """Run a test once for every pair of output activation and cost, under their names."""
    ids = [f"{output.__name__}-{cost.__name__}" for output, cost in pairs]
    return pytest.mark.parametrize(("output", "cost"), pairs, ids=ids)


def targets(rng, cost, m, n):
    """Any numbers, or numbers from 0 to 1; labels or rows of probabilities for costs of classes."""
    if cost is quadratic:
        return rng.standard_normal((m, n))
    if cost is binary_cross_entropy:
        return rng.random((m, n))
    if rng.random() < 0.5:
        return rng.integers(n, size=m)
    return softmax(3 * rng.standard_normal((m, n)))


def random_network(rng, sizes, hidden, output, cost, bias=True, scale=1.0, **more):
    """A network whose parameters, biases included, are Gaussians."""
    network = Network(sizes, hidden, output, cost, bias, rng=rng, **more)
    network.theta[...] = scale * rng.standard_normal(network.theta.size)
    return network


def is_constant(network):
    """Whether the cost ignores the parameters: one softmax output is always 1."""
    return network.sizes[-1] == 1 and network.output is softmax


def can_be_checked(network, X, Y):
    """Whether no relu is at its kink, and every layer has an influence that can be measured."""
    z, _ = network.trace(X)
    kinked = z[:-1] * (network.hidden is relu) + z[-1:] * (network.output is relu)
    gradient = network.backprop(X, Y)
    layers = [abs(dW).max() for dW in gradient.weights]
    measurable = min(layers) > 1e-3 * max(layers) > 1e-5 * gradient.cost
    return (measurable or is_constant(network)) and all(abs(z_l).min() > 1e-3 for z_l in kinked)


def gradient_problem(layers, outputs, hidden, output, cost, bias=True, **more):
    """A network with so many layers of weights and so many outputs, and three samples."""
    sizes = [3, *(2 + layer % 2 for layer in range(layers - 1)), outputs]
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        scale = 2.5 if hidden in (sigmoid, softmax) else 0.7  # steep where the slopes are small
        network = random_network(rng, sizes, hidden, output, cost, bias, scale, **more)
        X, Y = rng.standard_normal((3, 3)), targets(rng, cost, 3, outputs)
        if can_be_checked(network, X, Y):
            return network, X, Y
    raise AssertionError("no start at which the gradient can be checked")


def central_differences(f, theta):
    """The derivative along every axis, with eleven digits of the largest one."""
    return np.array([(f(theta + d) - f(theta - d)) / 2e-5 for d in 1e-5 * np.eye(theta.size)])


def wrong_layers(network, found, expected):
    """What is wrong, layer by layer: the ratio to the numerical derivative, if it is one number."""
    sentences = []
    for kind in ("weights", "biases"):
        pairs = zip(*(getattr(network.at(theta), kind) for theta in (found, expected)))
        for layer, (ours, numerical) in enumerate(pairs, 1):
            if abs(ours - numerical).max(initial=0) > 1e-7 * abs(expected).max():
                ratio = np.vdot(ours, numerical) / max(np.vdot(numerical, numerical), 1e-300)
                rest = abs(ours - ratio * numerical).max() / max(abs(ours).max(), 1e-300)
                sentences.append(f"{kind} of layer {layer}: {ratio:.4g} times, rest {rest:.1g}")
    return "; ".join(sentences)


def assert_gradient_is_right(network, X, Y):
    """Compare every entry with central differences and, where all is analytic, the complex step."""
    gradient = network.backprop(X, Y).theta

    def f(theta):
        return network.at(theta).cost(X, Y)

    numerical = central_differences(f, network.theta)
    error = abs(gradient - numerical).max()
    assert error <= 1e-7 * abs(gradient).max(), wrong_layers(network, gradient, numerical)
    used = [network.hidden] * (len(network.sizes) > 2) + [network.output]
    if relu not in used:  # the maximum has no complex derivative
        assert check_gradient(f, gradient, network.theta, "complex") < 1e-11


def test_a_failing_gradient_names_layer_and_ratio(problem):
    network = problem.network
    right = network.backprop(problem.X, problem.Y)
    wrong = copy.deepcopy(right)
    assert wrong_layers(network, wrong.theta, right.theta) == ""
    wrong.weights[1][...] *= 7
    wrong.biases[0][...] *= -1
    told = wrong_layers(network, wrong.theta, right.theta)
    assert told.split(", rest")[0] == "weights of layer 2: 7 times"
    assert "biases of layer 1: -1 times" in told
    assert "weights of layer 1" not in told and "biases of layer 2" not in told


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("layers", range(1, 9))
@over(PAIRS)
def test_backprop_agrees_with_numerical_derivatives(output, cost, layers, outputs, bias):
    if outputs == 1 and (output, cost) in OF_CLASSES:
        outputs = 4  # one class is no choice
    # Every hidden activation meets every pair, at eight depths and widths or more.
    hidden = ACTIVATIONS[(PAIRS.index((output, cost)) + layers + outputs + bias) % 5]
    assert_gradient_is_right(*gradient_problem(layers, outputs, hidden, output, cost, bias))


@pytest.mark.parametrize("layers", [1, 3])
@over(PAIRS)
def test_backprop_includes_the_regularizer(output, cost, layers):
    problem = gradient_problem(layers, 2, sigmoid, output, cost, regularizer=l2(0.3))
    assert_gradient_is_right(*problem)


@pytest.mark.parametrize("layers", [1, 2, 4, 8])
@over(PAIRS)
def test_float32_gradients_agree_with_float64_ones(output, cost, layers):
    network, X, Y = gradient_problem(layers, 2, tanh, output, cost)
    single = network.at(network.theta.astype(np.float32)).backprop(X, Y)
    double = network.at(network.theta.astype(np.float32).astype(float)).backprop(X, Y)
    assert {array.dtype for array in (single.theta, *single.deltas)} == {np.dtype(np.float32)}
    assert_allclose(single.cost, double.cost, rtol=1e-6)
    error = abs(single.theta - double.theta).max()
    assert error <= 1e-5 * abs(double.theta).max()


# The recursion, written out


def recursion_by_hand(network, X, Y):
    """One sample after the other, one layer after the other, with whole Jacobian matrices."""

    def jacobian(g, z):
        return softmax_jacobian(z) if g is softmax else np.diag(g.derivative(z))

    L, m = len(network.weights), len(X)
    weights = [np.zeros_like(W) for W in network.weights]
    biases = [np.zeros(n) for n in network.sizes[1:]]
    deltas = [np.zeros((m, n)) for n in network.sizes[1:]]
    for i in range(m):
        z, a = network.trace(X[i])
        error = network.cost_function.gradient(a[L], Y[i])  # dC/da of the last layer
        for k in reversed(range(L)):
            g = network.output if k == L - 1 else network.hidden
            delta = jacobian(g, z[k]).T @ error / (m if k == L - 1 else 1)
            deltas[k][i] = delta
            weights[k] += np.outer(delta, a[k])
            biases[k] += delta
            error = network.weights[k].T @ delta
    return weights, biases if network.bias else [], deltas


@st.composite
def problems(draw, pairs=tuple(PAIRS)):
    """Any network of up to four layers of weights, with up to five samples."""
    output, cost = draw(st.sampled_from(pairs))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    sizes.append(draw(st.integers(1 if cost is quadratic else 2, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    hidden, bias = draw(st.sampled_from(ACTIVATIONS)), draw(st.booleans())
    network = random_network(rng, sizes, hidden, output, cost, bias)
    m = draw(st.integers(1, 5))
    Y = targets(rng, cost, m, sizes[-1])
    rows = one_hot(Y, sizes[-1]) if Y.dtype.kind == "i" else Y
    return network, rng.standard_normal((m, sizes[0])), rows


def assert_close(arrays, expected):
    """Compare lists of arrays, entry by entry, up to the rounding of a few operations."""
    assert len(arrays) == len(expected)
    for array, values in zip(arrays, expected):
        assert_allclose(array, values, rtol=1e-11, atol=1e-13)


@given(problems())
def test_backprop_is_the_delta_recursion(problem):
    network, X, Y = problem
    gradient = network.backprop(X, Y)
    weights, biases, deltas = recursion_by_hand(network, X, Y)
    assert_close(gradient.weights, weights)
    assert_close(gradient.biases, biases)
    assert_close(gradient.deltas, deltas)


@given(problems())
def test_the_forward_pass_is_the_one_of_the_text(problem):
    network, X, _ = problem
    z, a = network.trace(X)
    assert_array_equal(a[0], X)
    for k, W in enumerate(network.weights):
        b = network.biases[k] if network.bias else 0
        assert_close(z[k], a[k] @ W.T + b)
        g = network.output if k == len(z) - 1 else network.hidden
        assert_close(a[k + 1], g(z[k]))
    assert_array_equal(network.forward(X), a[-1])


@given(problems())
def test_one_vector_passes_like_a_batch_of_one(problem):
    network, X, _ = problem
    z, a = network.trace(X[0])
    batch_z, batch_a = network.trace(X[:1])
    assert_close(z, [rows[0] for rows in batch_z])
    assert_close(a, [rows[0] for rows in batch_a])
    assert network.forward(X[0]).shape == network.sizes[-1:]
    assert network.predict(X[0]) == network.predict(X[:1])[0]


# The mean over the samples


@given(problems())
def test_cost_and_gradient_are_means_over_the_samples(problem):
    network, X, Y = problem
    m = len(X)
    whole = network.backprop(X, Y)
    parts = [network.backprop(X[i : i + 1], Y[i : i + 1]) for i in range(m)]
    assert_allclose(whole.cost, sum(part.cost for part in parts) / m, rtol=1e-12)
    assert_close([whole.theta], [sum(part.theta for part in parts) / m])
    for k, delta in enumerate(whole.deltas):
        assert_close(delta, [part.deltas[k][0] / m for part in parts])
    assert_allclose(network.cost(X, Y), whole.cost, rtol=1e-14)  # summed in another order
    assert_allclose(network.losses(X, Y), [part.cost for part in parts], rtol=1e-12, atol=1e-15)


@given(problems(), st.integers(2, 3))
def test_repeating_all_samples_changes_no_mean(problem, times):
    network, X, Y = problem
    once = network.backprop(X, Y)
    often = network.backprop(np.tile(X, (times, 1)), np.tile(Y, (times, 1)))
    assert_allclose(often.cost, once.cost, rtol=1e-12)
    assert_close([often.theta], [once.theta])
    assert_close(often.deltas, [np.tile(delta, (times, 1)) / times for delta in once.deltas])


@given(problems())
def test_the_order_of_the_samples_does_not_matter(problem):
    network, X, Y = problem
    forwards, backwards = network.backprop(X, Y), network.backprop(X[::-1], Y[::-1])
    assert_close([backwards.theta], [forwards.theta])
    assert_close(backwards.deltas, [delta[::-1] for delta in forwards.deltas])


# Softmax joined with the cross-entropy


def apart(cost):
    """The same cost under another identity, so that the network takes the way of all pairs."""

    def wrapped(model, target):
        return cost(model, target)

    wrapped.gradient, wrapped.of_classes = cost.gradient, getattr(cost, "of_classes", False)
    return wrapped


def same_with_cost(network, cost):
    other = Network(network.sizes, network.hidden, network.output, cost, network.bias)
    other.theta[...] = network.theta
    return other


@given(problems(pairs=((softmax, cross_entropy), (sigmoid, binary_cross_entropy))))
def test_the_joined_output_error_agrees_with_the_pullback(problem):
    network, X, Y = problem
    joined = network.backprop(X, Y)
    general = same_with_cost(network, apart(network.cost_function)).backprop(X, Y)
    assert_close([general.theta, general.cost], [joined.theta, joined.cost])
    assert_close(general.deltas, joined.deltas)
    assert_close([joined.deltas[-1]], [(network.forward(X) - Y) / len(X)])


def test_the_joined_output_error_is_exact_where_the_pullback_is_not():
    network = Network([1, 2], output=softmax, cost=cross_entropy, bias=False)
    network.weights[0][...] = [[1e4], [-1e4]]
    X, labels = [[1.0], [-1.0]], [1, 1]  # the first answer is wrong, the second right
    gradient = network.backprop(X, labels)
    assert gradient.cost == network.cost(X, labels) == 2e4 / 2
    assert_array_equal(network.losses(X, labels), [2e4, 0])
    assert_array_equal(gradient.deltas, [[[0.5, -0.5], [0, 0]]])
    assert_array_equal(gradient.theta, [0.5, -0.5])
    with np.errstate(invalid="ignore"):
        general = same_with_cost(network, apart(cross_entropy)).backprop(X, labels)
    assert general.cost == np.inf
    assert np.isnan(general.theta).any()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("output", "cost"), [(softmax, cross_entropy), (identity, logistic_loss)])
@pytest.mark.parametrize("hidden", ACTIVATIONS, ids=lambda g: g.__name__)
def test_training_data_of_extreme_size_stay_finite_and_silent(hidden, output, cost, dtype, rng):
    network = random_network(rng, [2, 3, 2], hidden, output, cost, dtype=dtype)
    gradient = network.backprop(1e4 * rng.standard_normal((5, 2)), [0, 1, 0, 1, 1])
    assert np.isfinite(gradient.cost) and np.isfinite(gradient.theta).all()


# Targets and regularizer


@over(OF_CLASSES)
def test_labels_are_their_unit_vectors(output, cost, rng):
    network = random_network(rng, [2, 3, 3], tanh, output, cost)
    X, labels = rng.standard_normal((5, 2)), np.array([2, 0, 1, 1, 0])
    by_label, by_vector = network.backprop(X, labels), network.backprop(X, one_hot(labels, 3))
    assert by_label.cost == by_vector.cost
    assert network.cost(X, labels.astype(np.uint8)) == network.cost(X, one_hot(labels, 3))
    assert_array_equal(by_label.theta, by_vector.theta)
    assert_array_equal(network.losses(X, labels), network.losses(X, one_hot(labels, 3)))
    assert network.accuracy(X, labels) == network.accuracy(X, one_hot(labels, 3))


def test_a_column_of_targets_may_be_a_vector(rng):
    network = random_network(rng, [2, 3, 1], tanh, sigmoid, quadratic)
    X, Y = rng.standard_normal((5, 2)), np.array([0, 1, 1, 0, 1])
    for vector in (Y, Y.astype(float), Y.astype(bool), Y.tolist()):
        assert network.cost(X, vector) == network.cost(X, Y[:, None])
    assert_array_equal(network.backprop(X, Y).theta, network.backprop(X, Y[:, None]).theta)


@given(problems(), st.floats(0.01, 10))
def test_the_regularizer_counts_every_weight_and_no_bias(problem, lam):
    network, X, Y = problem
    penalized = same_with_cost(network, network.cost_function)
    penalized.regularizer = l2(lam)
    plain, more = network.backprop(X, Y), penalized.backprop(X, Y)
    squares = sum(np.sum(W**2) for W in network.weights)
    assert_allclose(more.cost, plain.cost + lam / 2 * squares, rtol=1e-12)
    assert_allclose(penalized.cost(X, Y), more.cost, rtol=1e-14)
    assert_close(more.weights, [dW + lam * W for dW, W in zip(plain.weights, network.weights)])
    assert_close(more.biases, plain.biases)
    assert_close(more.deltas, plain.deltas)
    assert_close(penalized.losses(X, Y), network.losses(X, Y))


# Predictions


@given(problems())
def test_predictions_are_the_largest_output_or_a_single_one_above_a_half(problem):
    network, X, Y = problem
    Y = Y.clip(0, 1) if network.sizes[-1] == 1 else Y
    outputs, labels = network.forward(X), network.predict(X)
    assert labels.shape == (len(X),) and labels.dtype.kind == "i"
    if network.sizes[-1] == 1:
        assert_array_equal(labels, outputs[:, 0] > 0.5)
        right = labels == (Y[:, 0] > 0.5)
    else:
        assert np.all(outputs[range(len(X)), labels] == outputs.max(axis=1))
        right = labels == Y.argmax(axis=1)
    assert network.accuracy(X, Y) == np.mean(right)


def test_exactly_a_half_is_not_above_a_half():
    assert Network([2, 1], init=zeros).predict([3.0, 4.0]) == 0


# Parameters: one vector, and views into it


@given(problems())
def test_theta_holds_weights_and_biases_layer_by_layer(problem):
    network, _, _ = problem
    biases = network.biases or [[]] * len(network.weights)
    parts = [part for W, b in zip(network.weights, biases) for part in (W.ravel(), b)]
    assert_array_equal(network.theta, np.concatenate(parts))
    shapes = [W.shape for W in network.weights]
    assert shapes == list(zip(network.sizes[1:], network.sizes[:-1]))
    widths = network.sizes[1:] if network.bias else ()
    assert [b.shape for b in network.biases] == [(n,) for n in widths]


@given(problems())
def test_weights_and_biases_are_views_into_theta(problem):
    network, X, Y = problem
    for holder in (network, network.backprop(X, Y)):
        holder.theta[...] = 7
        assert all(np.all(view == 7) for view in holder.weights + holder.biases)
        for view in holder.weights + holder.biases:
            view[...] = -1
        assert np.all(holder.theta == -1)


@pytest.mark.parametrize("init", [zeros, gaussian("matrix"), glorot_uniform(4.0)])
def test_weights_start_as_the_initializer_says_and_biases_at_zero(init):
    network = Network([3, 4, 2], init=init, rng=np.random.default_rng(5))
    for W, start in zip(network.weights, init((3, 4, 2), np.random.default_rng(5)), strict=True):
        assert_array_equal(W, start)
    assert not any(b.any() for b in network.biases)


def test_the_start_is_gaussian_by_the_row_unless_told_otherwise():
    given_nothing = Network([3, 4, 2], rng=np.random.default_rng(5))
    by_row = Network([3, 4, 2], init=gaussian("fan_in"), rng=np.random.default_rng(5))
    assert_array_equal(given_nothing.theta, by_row.theta)


def test_a_network_without_a_generator_starts_somewhere_new():
    assert not np.array_equal(Network([3, 1]).theta, Network([3, 1]).theta)


def test_the_usual_network_has_sigmoids_the_quadratic_cost_and_biases():
    network = Network([2, 3, 1])
    functions = network.hidden, network.output, network.cost_function
    assert functions == (sigmoid, sigmoid, quadratic)
    assert network.bias and network.regularizer is None
    assert network.sizes == (2, 3, 1) and network.theta.dtype == float


def test_a_network_shows_what_it_is_made_of():
    network = Network([2, 3, 2], hidden=tanh, output=softmax, cost=cross_entropy)
    assert repr(network) == "Network([2, 3, 2], hidden=tanh, output=softmax, cost=cross_entropy)"
    network = Network([2, 3, 3, 1], hidden=[relu, tanh])
    assert "hidden=[relu, tanh], output=sigmoid" in repr(network)


# Types


def test_a_float32_network_computes_in_float32(rng):
    network = Network([2, 3, 2], output=softmax, cost=cross_entropy, rng=rng, dtype=np.float32)
    X, labels = rng.standard_normal((4, 2)), [0, 1, 1, 0]
    gradient, (z, a) = network.backprop(X, labels), network.trace(X)
    arrays = [network.theta, network.losses(X, labels), gradient.theta, *gradient.deltas, *z, *a]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert isinstance(gradient.cost, float) and isinstance(network.cost(X, labels), float)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32, bool, list])
def test_numbers_of_any_real_type_become_those_of_the_network(kind, problem):
    X = np.array([[0, 1], [1, 1], [1, 0]])
    given_X = X.tolist() if kind is list else X.astype(kind)
    assert_array_equal(problem.network.forward(given_X), problem.network.forward(X.astype(float)))
    assert problem.network.forward(given_X).dtype == float


# Whose arrays are whose


def everything_in(gradient):
    return [gradient.theta, *gradient.weights, *gradient.biases, *gradient.deltas]


def test_gradients_belong_to_the_caller(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    first = network.backprop(X, Y)
    kept = [array.copy() for array in everything_in(first)]
    second = network.backprop(X[::-1] + 1, Y)
    network.forward(X - 1)
    network.theta[...] = 0
    assert all(map(np.array_equal, everything_in(first), kept))
    assert not np.array_equal(first.theta, second.theta)
    pairs = zip(everything_in(first), everything_in(second))
    assert not any(np.shares_memory(one, other) for one, other in pairs)


def test_outputs_belong_to_the_caller(problem):
    network, X = problem.network, problem.X
    z, a = network.trace(X)
    kept = [array.copy() for array in z + a]
    network.backprop(X + 1, problem.Y)
    network.forward(X + 1)[...] = 0
    assert all(map(np.array_equal, z + a, kept))


def test_out_is_overwritten_with_the_new_gradient(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    expected, out = network.backprop(X[:3], Y[:3]), network.backprop(X, Y)
    theta = out.theta
    assert network.backprop(X[:3], Y[:3], out=out) is out
    assert out.theta is theta and np.shares_memory(out.weights[0], theta)
    assert out.cost == expected.cost
    assert_close(everything_in(out), everything_in(expected))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_earlier_result_does_not_hide_that_theta_is_no_longer_finite(problem, value):
    network, X, Y = problem.network, problem.X, problem.Y
    out = network.backprop(X, Y)
    network.theta[0] = value
    with pytest.raises(ValueError, match=r"^theta must be finite"):
        network.backprop(X, Y, out=out)


def test_backprop_gives_a_gradient(problem):
    assert isinstance(problem.network.backprop(problem.X, problem.Y), Gradient)


def test_batches_of_changing_size_do_not_disturb_each_other(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    for m in (7, 3, 7, 1, 2, 3, 7):
        fresh = network.at(network.theta.copy()).backprop(X[:m], Y[:m])
        assert_close([network.backprop(X[:m], Y[:m]).theta], [fresh.theta])
        network.theta[...] -= 0.1 * fresh.theta


def test_data_and_parameters_are_left_alone(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    kept = network.theta.copy(), X.copy(), Y.copy()
    for use in (network.backprop, network.cost, network.losses, network.accuracy):
        use(X, Y)
    network.predict(X)
    assert all(map(np.array_equal, (network.theta, X, Y), kept))


# Copies, and the same network at other parameters


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))],
    ids=["deepcopy", "pickle"],
)
def test_copies_and_pickles_are_networks_of_their_own(duplicate, problem):
    network, X, Y = problem.network, problem.X, problem.Y
    network.regularizer = None
    kept, before = network.theta.copy(), network.backprop(X, Y)
    twin = duplicate(network)
    assert_array_equal(twin.theta, kept)
    assert_close([twin.backprop(X, Y).theta], [before.theta])
    train(twin, X, Y, GradientDescent(0.5), 3)
    assert twin.cost(X, Y) < network.cost(X, Y) == before.cost
    assert_array_equal(network.theta, kept)
    assert all(np.shares_memory(W, twin.theta) for W in twin.weights + twin.biases)


def test_at_shares_the_structure_and_not_the_state(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    kept, expected = network.theta.copy(), network.backprop(X, Y)
    theta = kept + 1
    other = network.at(theta)
    assert other.theta is theta
    assert np.shares_memory(other.weights[0], theta)
    for name in ("sizes", "hidden", "output", "cost_function", "bias", "regularizer"):
        assert getattr(other, name) is getattr(network, name)
    elsewhere = other.backprop(X, Y)
    assert not np.array_equal(elsewhere.theta, expected.theta)
    assert_array_equal(network.backprop(X, Y).theta, expected.theta)
    assert_array_equal(other.backprop(X, Y).theta, elsewhere.theta)
    other.theta[...] = 0
    assert_array_equal(network.theta, kept)


def test_at_takes_lists_and_complex_numbers(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    assert network.at(network.theta.tolist()).cost(X, Y) == network.cost(X, Y)
    complex_cost = network.at(network.theta + 0j).cost(X, Y)
    assert_allclose(complex_cost, network.cost(X, Y), rtol=1e-15)
    assert np.iscomplexobj(network.at(network.theta + 0j).forward(X))


# The equations of two of the sources, for their own networks


def test_domke_the_boxed_derivatives_of_one_hidden_layer(rng):
    network = random_network(rng, [3, 4, 2], tanh, identity, logistic_loss)
    (W, V), (b, c) = network.weights, network.biases
    X, label = rng.standard_normal(3), 1
    h = np.tanh(b + W @ X)
    f = c + V @ h
    dL_df = np.exp(f) / np.exp(f).sum() - [0, 1]
    dL_ds = (1 - h**2) * (V.T @ dL_df)
    gradient = network.backprop([X], [label])
    assert_allclose(gradient.cost, -f[label] + np.log(np.exp(f).sum()), rtol=1e-14)
    assert_close(gradient.biases, [dL_ds, dL_df])
    assert_close(gradient.weights, [np.outer(dL_ds, X), np.outer(dL_df, h)])


def test_zheng_the_recursion_for_rows(rng):
    network = random_network(rng, [3, 4, 2], sigmoid, sigmoid, quadratic, bias=False)
    X, target = rng.standard_normal((1, 3)), rng.random((1, 2))
    W_1, W_2 = (W.T for W in network.weights)  # there, columns are the receiving units
    Z = sigmoid(X @ W_1)
    Y = sigmoid(Z @ W_2)
    before_sigma = (Y - target) * Y * (1 - Y)
    before_sigma_below = (before_sigma @ W_2.T) * Z * (1 - Z)
    weights = network.backprop(X, target).weights
    assert_close(weights, [(X.T @ before_sigma_below).T, (Z.T @ before_sigma).T])


def test_assigning_theta_copies_the_values_into_the_views(problem):
    network, theta = problem.network, problem.network.theta
    network.theta -= 1.0
    assert network.theta is theta
    values = np.arange(17.0)
    network.theta = values
    assert network.theta is theta
    assert not np.shares_memory(network.theta, values)
    np.testing.assert_array_equal(network.weights[0].ravel(), values[:6])


def test_functions_of_ones_own_may_compute_in_double_precision_inside_a_float32_network():
    def leaky(z):
        return z * np.where(z > 0, 1, np.float64(0.1))

    def weighted(a, y):
        return 0.5 * (np.array([1.0, 2.0]) * (a - y) ** 2).sum(axis=-1)

    leaky.pullback = lambda z, v: v * np.where(z > 0, 1, 0.1)
    weighted.gradient = lambda a, y: np.array([1.0, 2.0]) * (a - y)
    X, Y = np.random.default_rng(1).standard_normal((2, 5, 2))
    found = {}
    for dtype in ("float32", "float64"):
        rng = np.random.default_rng(2)
        network = Network([2, 3, 2], hidden=leaky, cost=weighted, rng=rng, dtype=dtype)
        found[dtype] = network.backprop(X, Y).theta
        assert found[dtype].dtype == dtype
    assert_allclose(found["float32"], found["float64"], rtol=0, atol=1e-6)
    network = Network([2, 3, 2], hidden=leaky, cost=weighted, rng=np.random.default_rng(2))
    error = check_gradient(lambda t: network.at(t).cost(X, Y), found["float64"], network.theta)
    assert error < 1e-7


def test_an_earlier_result_fits_other_samples_and_another_network_of_its_shape(rng):
    X, Y = rng.standard_normal((2, 6, 2))
    one, other = Network([2, 3, 2], rng=rng), Network([2, 3, 2], rng=rng)
    out = one.backprop(X, Y)
    for network, m in [(one, 6), (one, 4), (other, 4), (one.at(other.theta + 1), 4), (one, 6)]:
        expected = network.backprop(X[:m], Y[:m])
        assert network.backprop(X[:m], Y[:m], out=out) is out
        assert_array_equal(out.theta, expected.theta)
        for found, delta in zip(out.deltas, expected.deltas, strict=True):
            assert_array_equal(found, delta)


@pytest.mark.parametrize("sizes", [[300, 256, 2], [256, 257, 256]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_sample_in_a_wide_network_has_outer_products_for_derivatives(sizes, dtype, rng):
    network = Network(sizes, rng=rng, dtype=dtype)
    X, Y = rng.standard_normal((1, sizes[0])), rng.random((1, sizes[-1]))
    gradient, (_, a) = network.backprop(X, Y), network.trace(X)
    for dW, delta, below in zip(gradient.weights, gradient.deltas, a):
        assert_allclose(dW, np.outer(delta, below), rtol=1e-6 if dtype is np.float32 else 1e-14)
